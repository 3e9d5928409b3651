// Makes the Jupyter widget manager (embed-amd.js) at home on this site. Loaded between it and RequireJS.
(() => {
  // Widget packages and the manager's own fonts lie beside RequireJS.
  const here = document.querySelector('script[src*="vendor/widgets/require.js"]').src;
  const widgets = new URL(".", here).href;
  window.requirejs.config({
    baseUrl: widgets,
    paths: { anywidget: `${widgets}anywidget` },
  });

  // The manager typesets descriptions through MathJax 2's `Hub.Queue`; the site has MathJax 3, which first is a
  // plain object of settings and then replaces itself. Whichever of the two it is, it gets a Hub that works.
  const Hub = {
    Queue: ([, , element]) => {
      if (window.MathJax.typesetPromise) window.MathJax.typesetPromise([element]);
      else window.addEventListener("load", () => window.MathJax.typesetPromise?.([element]));
    },
  };
  let mathjax = window.MathJax;
  if (mathjax) mathjax.Hub = Hub;
  Object.defineProperty(window, "MathJax", {
    configurable: true,
    get: () => mathjax,
    set: (value) => {
      mathjax = value;
      if (mathjax) mathjax.Hub = Hub;
    },
  });
})();
