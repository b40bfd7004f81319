"use strict";

// The figures of this receipt are on record: the draft that they were typed as is over.
(() => {
  const posted = document.querySelector("[data-posted]")?.dataset.posted;
  try {
    for (const key of Object.keys(localStorage)) {
      const isDraft = key.startsWith("dabiao-draft:");
      if (posted && isDraft && JSON.parse(localStorage.getItem(key)).sheet === posted) {
        localStorage.removeItem(key);
      }
    }
  } catch {
    // There is no store, and so no draft.
  }
})();
