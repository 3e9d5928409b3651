// Tells RequireJS where the widget code of this site lies: beside RequireJS itself.
// The widget manager (embed-amd.js) loads its fonts and every widget package relative to these paths.
(() => {
  const here = document.querySelector('script[src*="vendor/widgets/require.js"]').src;
  const widgets = new URL(".", here).href;
  window.requirejs.config({
    baseUrl: widgets,
    paths: { anywidget: `${widgets}anywidget` },
  });
})();
