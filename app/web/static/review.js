"use strict";

// Choosing many figures at once, and how many are chosen. Without this the same form does the same:
// the box of a submission stands for all of its figures by itself.
(() => {
  const boxes = (whole) => [...document.querySelectorAll(`input.one[data-whole="${whole.id}"]`)];

  const tell = () => {
    const line = document.getElementById("chosen");
    if (!line) {
      return;
    }
    const wholes = [...document.querySelectorAll("input.whole:checked")];
    const covered = new Set(wholes.map((whole) => whole.id));
    const ones = [...document.querySelectorAll("input.one:checked")];
    const single = ones.filter((one) => !covered.has(one.dataset.whole)).length;
    const count = wholes.reduce((sum, whole) => sum + Number(whole.dataset.count), single);
    line.hidden = false;
    line.textContent = line.dataset.text.replace("#", count);
  };

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("input.whole")) {
      for (const one of boxes(box)) {
        one.checked = box.checked;
      }
    } else if (box.matches("input.one")) {
      const whole = document.getElementById(box.dataset.whole);
      const every = boxes(whole);
      whole.checked = every.length === Number(whole.dataset.count) && every.every((one) => one.checked);
    } else {
      return;
    }
    tell();
  });
  // Enter in a box would press a button, and htmx would send the form for whichever it is.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input.one, input.whole")) {
      event.preventDefault();
    }
  });
  document.addEventListener("htmx:after:swap", tell);
  tell();
})();
