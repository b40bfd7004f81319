"use strict";

// A file can be dropped where it can be chosen, and is then sent as if it had been.
(() => {
  const place = document.getElementById("drop");
  const file = document.getElementById("file");
  if (!place || !file) {
    return;
  }
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    place.classList.add("over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    if (event.dataTransfer.files.length > 0) {
      file.files = event.dataTransfer.files;
      file.form.requestSubmit();
    }
  });
})();
