// A pad of 28 x 28 pixels to draw on. It holds pixels and hands them to Python as hexadecimal text: it computes
// nothing. Pointer or touch draws; by keyboard the arrow keys move a frame, space lowers and lifts the pen.

const COLOURS = { // name: in light, in dark, as in website/style/palette.json
  paper: ["#fbfaf6", "#14161a"], ink: ["#24221e", "#dedbd3"], x: ["#0066b3", "#5fb0f7"], W: ["#b94a00", "#f28c38"],
};
const SIDE = 28;
const BRUSH = [[0, 0, 255], [0, 1, 190], [1, 0, 190], [0, -1, 190], [-1, 0, 190], [1, 1, 110], [1, -1, 110], [-1, 1, 110], [-1, -1, 110]];
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function toHex(pixels) {
  return Array.from(pixels, (ink) => ink.toString(16).padStart(2, "0")).join("");
}

function fromHex(text) {
  return Uint8Array.from({ length: SIDE * SIDE }, (_, index) => parseInt(text.slice(2 * index, 2 * index + 2), 16) || 0);
}

function button(label, action) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "jupyter-widgets jupyter-button";
  element.textContent = label;
  element.addEventListener("click", action);
  return element;
}

function isDark() {
  const theme = document.documentElement.dataset.theme; // the book's pages
  return theme ? theme === "dark" : document.body.dataset.jpThemeLight === "false"; // JupyterLab
}

function render({ model, el }) {
  let pixels = fromHex(model.get("value"));
  const past = [];
  const cursor = { row: 14, column: 14, shown: false, down: false };
  let last = null;
  let drawn = false; // since the picture was last set from outside

  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE * 8;
  canvas.tabIndex = 0;
  canvas.className = "digit-pad";
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Drawing pad of 28 by 28 pixels. Arrow keys move the frame, space lowers and lifts the pen, Delete clears, Control Z undoes.");
  Object.assign(canvas.style, { width: "min(224px, 100%)", border: "1px solid #8886", borderRadius: "6px", touchAction: "none", cursor: "crosshair" });
  const context = canvas.getContext("2d");

  function paint() {
    const colour = (name) => COLOURS[name][isDark() ? 1 : 0];
    context.fillStyle = colour("paper");
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = colour("ink");
    for (let index = 0; index < pixels.length; index++) {
      context.globalAlpha = pixels[index] / 255;
      context.fillRect((index % SIDE) * 8, Math.floor(index / SIDE) * 8, 8, 8);
    }
    context.globalAlpha = 1;
    if (cursor.shown) {
      context.strokeStyle = colour(cursor.down ? "W" : "x");
      context.lineWidth = 2;
      context.strokeRect(cursor.column * 8 + 1, cursor.row * 8 + 1, 6, 6);
    }
  }

  function send() {
    drawn = true;
    model.set("value", toHex(pixels));
    model.save_changes();
  }

  function remember() {
    past.push(pixels.slice());
    if (past.length > 50) past.shift();
  }

  function dab(row, column) {
    for (const [down, right, ink] of BRUSH) {
      const r = row + down, c = column + right;
      if (r >= 0 && r < SIDE && c >= 0 && c < SIDE) pixels[r * SIDE + c] = Math.max(pixels[r * SIDE + c], ink);
    }
  }

  function stroke(from, to) {
    const steps = Math.max(1, Math.ceil(Math.hypot(to.row - from.row, to.column - from.column) * 2));
    for (let step = 0; step <= steps; step++) {
      dab(Math.round(from.row + ((to.row - from.row) * step) / steps), Math.round(from.column + ((to.column - from.column) * step) / steps));
    }
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return { row: Math.floor(((event.clientY - box.top) / box.height) * SIDE), column: Math.floor(((event.clientX - box.left) / box.width) * SIDE) };
  }

  canvas.addEventListener("pointerdown", (event) => {
    remember();
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    stroke(last, last);
    paint();
    send();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const here = place(event);
    stroke(last, here);
    last = here;
    paint();
    send();
  });
  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => { last = null; });

  function clear() {
    remember();
    pixels.fill(0);
    paint();
    send();
  }

  function undo() {
    if (!past.length) return;
    pixels = past.pop();
    paint();
    send();
  }

  canvas.addEventListener("keydown", (event) => {
    if (event.key in ARROWS || event.key === " ") cursor.shown = true;
    if (event.key in ARROWS) {
      const [down, right] = ARROWS[event.key];
      cursor.row = Math.min(SIDE - 1, Math.max(0, cursor.row + down));
      cursor.column = Math.min(SIDE - 1, Math.max(0, cursor.column + right));
      if (cursor.down) {
        dab(cursor.row, cursor.column);
        send();
      }
    } else if (event.key === " ") {
      cursor.down = !cursor.down;
      if (cursor.down) {
        remember();
        dab(cursor.row, cursor.column);
        send();
      }
    } else if (event.key === "Delete" || event.key === "Backspace") {
      clear();
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      undo();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    paint();
  });
  canvas.addEventListener("focus", () => { cursor.shown = canvas.matches(":focus-visible"); paint(); });
  canvas.addEventListener("blur", () => { cursor.shown = cursor.down = false; paint(); });

  function read() {
    if (toHex(pixels) === model.get("value")) return;
    if (drawn) remember(); // a drawing that the slider replaces can be brought back
    drawn = false;
    pixels = fromHex(model.get("value"));
    paint();
  }

  model.on("change:value", read);
  const themes = new MutationObserver(paint);
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  themes.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  const buttons = document.createElement("div");
  buttons.append(button("Clear", clear), " ", button("Undo", undo));
  el.append(canvas, buttons);
  paint();
  return () => {
    model.off("change:value", read);
    themes.disconnect();
  };
}

export default { render };
