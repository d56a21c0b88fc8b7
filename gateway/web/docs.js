// Starts Swagger UI on our own document. SPDX-License-Identifier: Apache-2.0
"use strict";

const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  filter: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  persistAuthorization: false,
  queryConfigEnabled: false,
});

// Swagger UI gives every link of the description a tab of its own and reads the address only once:
// links to an operation stay here and open it.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[target="_blank"][href^="#/"]');
  if (link === null) return;
  event.preventDefault();
  globalThis.location.hash = link.getAttribute("href");
});
globalThis.addEventListener("hashchange", () => {
  ui.getSystem().layoutActions.parseDeepLinkHash(globalThis.location.hash);
});
