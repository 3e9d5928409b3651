// "Show shapes": writes the shape under each symbol of an equation, and takes it away again.
// The panel itself is a <details> element and needs no script; its mathematics is typeset when it is first opened.
// Both texts of an equation, plain and with shapes, come with the page.
/* global MathJax */
(() => {
  // MathJax wants one thing at a time. Before it has started there is nothing to ask for: it will see the page.
  const queue = (work) => {
    const startup = window.MathJax?.startup;
    if (!startup?.promise) return Promise.resolve();
    startup.promise = startup.promise.then(work).catch((error) => console.warn(error));
    return startup.promise;
  };

  const typeset = (box, tex) => queue(() => {
    const math = box.querySelector(":scope > div.math");
    const number = math.querySelector(".eqno");
    MathJax.typesetClear([math]);
    for (const child of [...math.childNodes]) if (child !== number) child.remove();
    math.append(`\\[${tex}\\]`);
    return MathJax.typesetPromise([math]);
  });

  const place = (box) => {
    const math = box.querySelector(":scope > div.math");
    box.style.setProperty("--eq-middle", `${math.offsetTop + math.offsetHeight / 2}px`);
  };

  const show = async (box, shaped) => {
    await typeset(box, shaped ? box.dataset.shaped : box.dataset.plain);
    box.classList.toggle("with-shapes", shaped);
    const button = box.querySelector(".eq-shapes");
    if (button) button.setAttribute("aria-pressed", String(shaped));
    place(box);
  };

  const all = () => [...document.querySelectorAll(".marked-equation[data-shaped]")];

  const tools = (box) => {
    const row = document.createElement("div");
    row.className = "eq-tools";
    row.innerHTML = '<button type="button" class="eq-shapes" aria-pressed="false">Show shapes</button>' +
      '<button type="button" class="eq-shapes-all">Shapes on the whole page</button>';
    row.querySelector(".eq-shapes").addEventListener("click", () => show(box, !box.classList.contains("with-shapes")));
    row.querySelector(".eq-shapes-all").addEventListener("click", async () => {
      const shaped = !box.classList.contains("with-shapes");
      for (const other of all()) {
        if (!other.querySelector(".eq-tools")) tools(other);
        await show(other, shaped);
      }
      box.scrollIntoView({ block: "nearest" });
    });
    box.querySelector(".equation-panel").prepend(row);
  };

  document.addEventListener("toggle", (event) => {
    const box = event.target.closest?.(".marked-equation");
    if (!box || !event.target.open) return;
    place(box);
    const math = [...box.querySelectorAll(".eq-math:not(.math)")];
    for (const span of math) span.classList.add("math");
    if (math.length) queue(() => MathJax.typesetPromise(math));
    if (box.dataset.shaped && !box.querySelector(".eq-tools")) tools(box);
  }, true);
})();
