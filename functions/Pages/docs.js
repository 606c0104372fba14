// The key that "Authorize" takes stays in this page's memory.
window.ui = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#functions',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
});
