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

  // What the manager draws has no words for a screen reader: a slider is called by the label beside it, and a
  // picture is passed over, because the line of text under it says what it shows.
  const name = (root) => {
    for (const handle of root.querySelectorAll(".noUi-handle:not([aria-label])")) {
      const label = handle.closest(".jupyter-widgets")?.querySelector(".widget-label")?.textContent.trim();
      if (label) handle.setAttribute("aria-label", label);
    }
    for (const picture of root.querySelectorAll(".jupyter-widgets img:not([alt]), img.jupyter-widgets:not([alt])")) {
      picture.alt = picture.title;
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    for (const output of document.querySelectorAll(".cell_output")) {
      new MutationObserver(() => name(output)).observe(output, { childList: true, subtree: true });
    }
  });
})();
