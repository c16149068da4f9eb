// Of its own file, so that the page needs no inline script. Addresses are relative to the page's.
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: true,
  validatorUrl: "none",
});
