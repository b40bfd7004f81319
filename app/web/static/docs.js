"use strict";

window.addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({
    url: document.body.dataset.description,
    dom_id: "#swagger-ui",
    deepLinking: true,
    // The validator would send the description to another host.
    validatorUrl: null,
  });
});
