// "Show shapes": writes the shape under each symbol of an equation, and takes it away again.
// The panel itself is a <details> element and needs no script. Both texts of the equation come with the page.
(() => {
  const typeset = async (box, tex) => {
    const math = box.querySelector(":scope > div.math");
    const number = math.querySelector(".eqno");
    if (!window.MathJax?.typesetPromise) return false;
    MathJax.typesetClear([math]);
    for (const child of [...math.childNodes]) if (child !== number) child.remove();
    math.append(`\\[${tex}\\]`);
    await MathJax.typesetPromise([math]);
    return true;
  };

  const place = (box) => {
    const math = box.querySelector(":scope > div.math");
    box.style.setProperty("--eq-middle", `${math.offsetTop + math.offsetHeight / 2}px`);
  };

  const show = async (box, shaped) => {
    if (!(await typeset(box, shaped ? box.dataset.shaped : box.dataset.plain))) return;
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
    if (box.dataset.shaped && !box.querySelector(".eq-tools")) tools(box);
  }, true);
})();
