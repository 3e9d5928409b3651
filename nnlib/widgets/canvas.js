// The picture of a widget: draws the list that Python sends (canvas.py) and sends back what the reader does.
// What is drawn is computed in Python; here is decided only where it goes on the screen.

const COLOURS = { // name: in light, in dark, as in website/style/palette.json
  paper: ["#fbfaf6", "#14161a"], panel: ["#f4f1e9", "#1d2026"], line: ["#ddd7c8", "#363a43"],
  ink: ["#24221e", "#dedbd3"], muted: ["#625e55", "#a3a199"], marker: ["#ffe08a", "#6b5312"],
  x: ["#0066b3", "#5fb0f7"], W: ["#b94a00", "#f28c38"], b: ["#75288a", "#cf93de"], z: ["#007a76", "#7fe9e0"],
  y: ["#3b782c", "#a6dc8a"], delta: ["#8c0a28", "#ff7480"], cost: ["#685200", "#f7da7a"], eta: ["#3f444d", "#a8abb3"],
};
const MAPS = { signed: ["W", "paper", "x"], ink: ["paper", "ink"] };
const NARROWEST = 210; // CSS pixels: where panels would be narrower, they stand below each other
const GAP = 14;
const ARROWS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// ---- pure functions ----

// The panels of a packed frame, their arrays as typed arrays. They are copied: a view may start at an odd byte.
export function unpack(frame) {
  if (!frame.panels) return []; // nothing has been drawn yet
  const bytes = (view) => view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  const stores = { floats: new Float32Array(bytes(frame.floats)), bytes: new Uint8Array(bytes(frame.bytes)) };
  const resolve = (item) => {
    if (Array.isArray(item)) return item.map(resolve);
    if (item === null || typeof item !== "object") return item;
    for (const kind of Object.keys(stores)) if (kind in item) return stores[kind].subarray(...item[kind]);
    return Object.fromEntries(Object.entries(item).map(([key, value]) => [key, resolve(value)]));
  };
  return resolve(frame.panels);
}

// Where each panel goes, and the height of all: side by side, or below each other where that would be too narrow.
export function layout(panels, height, width) {
  const inRow = panels.length * NARROWEST <= width;
  const shares = panels.reduce((sum, panel) => sum + panel.width, 0), room = width - GAP * (panels.length - 1);
  let start = 0;
  const places = panels.map((panel) => {
    const place = inRow
      ? { x: start, y: 0, width: (room * panel.width) / shares, height }
      : { x: 0, y: start, width, height: Math.min(height, panel.equal ? width : 0.8 * width) };
    start += (inRow ? place.width : place.height) + GAP;
    return place;
  });
  return { places, height: inRow ? height : start - GAP };
}

// The rectangle of a panel's axes within its place, and how data and pixels turn into each other.
// labelWidth: of the widest tick label of y.
export function axes(panel, place, labelWidth) {
  const left = place.x + (panel.ylabel ? 20 : 0) + (panel.yticks.length ? labelWidth + 8 : 2);
  const top = place.y + (panel.title ? 26 : 8);
  let width = place.x + place.width - left - 8;
  let height = place.y + place.height - top - (panel.xticks.length ? 20 : 4) - (panel.xlabel ? 18 : 0);
  const [x0, x1] = panel.x, [y0, y1] = panel.y;
  if (panel.equal) {
    const unit = Math.min(width / (x1 - x0), height / (y1 - y0));
    [width, height] = [unit * (x1 - x0), unit * (y1 - y0)];
  }
  const right = left + width, bottom = top + height;
  return {
    left, top, width, height, right, bottom,
    px: (x) => left + ((x - x0) / (x1 - x0)) * width,
    py: (y) => bottom - ((y - y0) / (y1 - y0)) * height,
    data: (px, py) => [x0 + ((px - left) / width) * (x1 - x0), y0 + ((bottom - py) / height) * (y1 - y0)],
    holds: (px, py, slack) => px >= left - slack && px <= right + slack && py >= top - slack && py <= bottom + slack,
  };
}

// "a^{[1]}_j" in pieces: [["a", 0], ["[1]", 1], ["j", -1]].
export function pieces(words) {
  if (!/[\^_]/.test(words)) return words ? [[words, 0]] : [];
  const found = [...words.matchAll(/([\^_])(?:\{([^}]*)\}|(.))|[^^_]+/gu)];
  return found.map(([all, sign, group, single]) => (sign ? [group ?? single, sign === "^" ? 1 : -1] : [all, 0]));
}

// The colour at a share from 0 to 1 of the way through "#rrggbb" colours, as [red, green, blue].
export function mix(colours, share) {
  const way = share * (colours.length - 1), k = Math.min(Math.floor(way), colours.length - 2);
  const [from, to] = [k, k + 1].map((i) => [1, 3, 5].map((j) => parseInt(colours[i].slice(j, j + 2), 16)));
  return from.map((channel, i) => Math.round(channel + (to[i] - channel) * (way - k)));
}

// Events wait until Python has answered; of a row of movements only the last is kept.
export function enqueue(queue, event) {
  const last = queue.at(-1);
  const merges = last?.kind === event.kind && last.panel === event.panel && ["drag", "move"].includes(event.kind);
  return [...(merges ? queue.slice(0, -1) : queue), event];
}

export const clip = (place, panel) => place.map((value, k) => Math.min(Math.max(value, panel["xy"[k]][0]), panel["xy"[k]][1]));

// ---- drawing ----

const at = (array, i) => array[array.length === 1 ? 0 : i]; // one number counts for all
const indices = (...arrays) => Array(Math.max(...arrays.map((array) => array.length))).keys();

// Colours, colour maps and fonts of the page.
function makeLook(dark, font) {
  const colour = (name) => COLOURS[name][dark ? 1 : 0], maps = {};
  const shades = (name) => (maps[name] ??= Array.from({ length: 256 }, (_, i) => mix(MAPS[name].map(colour), i / 255)));
  return { colour, shades, font: (size, bold) => `${bold ? "600 " : ""}${size}px ${font}` };
}

function stroke(context, color, width, broken = false) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.setLineDash(broken ? [3 * width + 2, 2 * width + 2] : []);
  context.stroke();
}

// Calls visit(text, x, how far it is raised) for each piece of words from x on; returns the width of all.
function spell(context, words, size, bold, look, visit = () => {}) {
  let width = 0;
  for (const [text, raised] of pieces(words)) {
    context.font = look.font(raised ? 0.75 * size : size, bold);
    visit(text, width, 0.4 * size * raised);
    width += context.measureText(text).width;
  }
  return width;
}

function write(context, words, x, y, { size = 12, align = "left", bold = false, color = "ink" }, look) {
  const start = x - { left: 0, center: 0.5, right: 1 }[align] * spell(context, words, size, bold, look);
  context.fillStyle = look.colour(color);
  context.textBaseline = "middle";
  spell(context, words, size, bold, look, (text, pen, raised) => context.fillText(text, start + pen, y - raised));
}

const polygon = (...radii) => (path, x, y, r) => {
  radii.forEach((radius, i) => {
    const angle = (2 * Math.PI * i) / radii.length - Math.PI / 2;
    path.lineTo(x + radius * r * Math.cos(angle), y + radius * r * Math.sin(angle));
  });
  path.closePath();
};
const OUTLINES = {
  circle: (path, x, y, r) => path.arc(x, y, r, 0, 2 * Math.PI),
  square: (path, x, y, r) => path.rect(x - 0.89 * r, y - 0.89 * r, 1.78 * r, 1.78 * r),
  triangle: polygon(1.2, 1.2, 1.2),
  diamond: polygon(1.2, 1.2, 1.2, 1.2),
  star: polygon(...Array(5).fill([1.5, 0.6]).flat()),
};

// Positions in a colour map, row 0 at the bottom, as a picture of one pixel each.
function shaded(values, columns, table) {
  const rows = values.length / columns, image = new ImageData(columns, rows);
  for (let i = 0; i < values.length; i++) {
    const [red, green, blue] = table[values[i]], k = 4 * ((rows - 1 - Math.floor(i / columns)) * columns + (i % columns));
    image.data[k] = red;
    image.data[k + 1] = green;
    image.data[k + 2] = blue;
    image.data[k + 3] = 255;
  }
  const small = document.createElement("canvas");
  [small.width, small.height] = [columns, rows];
  small.getContext("2d").putImageData(image, 0, 0);
  return small;
}

function paste(context, picture, smooth, left, top, right, bottom) {
  context.imageSmoothingEnabled = smooth;
  context.drawImage(picture, left, top, right - left, bottom - top);
}

// One function for each kind of mark: (context, mark, its panel's box, look).
const MARKS = {
  heat(context, mark, box, look) {
    const [left, right, bottom, top] = mark.extent;
    const small = shaded(mark.values, mark.columns, look.shades(mark.colors));
    paste(context, small, mark.smooth, box.px(left), box.py(top), box.px(right), box.py(bottom));
  },
  tiles(context, mark, box, look) {
    const size = mark.values.length / mark.x.length, table = look.shades(mark.colors);
    for (const i of indices(mark.x, mark.y)) {
      const x = mark.x[i], y = mark.y[i], small = shaded(mark.values.subarray(i * size, (i + 1) * size), mark.columns, table);
      paste(context, small, mark.smooth, box.px(x), box.py(y + mark.height), box.px(x + mark.width), box.py(y));
    }
  },
  line(context, mark, box, look) {
    let down = false;
    context.beginPath();
    for (const i of indices(mark.x, mark.y)) {
      const x = box.px(at(mark.x, i)), y = box.py(at(mark.y, i)), seen = Number.isFinite(x + y);
      if (seen) context[down ? "lineTo" : "moveTo"](x, y);
      down = seen;
    }
    context.lineJoin = "round";
    stroke(context, look.colour(mark.color), mark.width, mark.dash);
  },
  points(context, mark, box, look) {
    for (const i of indices(mark.x, mark.y)) {
      const x = box.px(at(mark.x, i)), y = box.py(at(mark.y, i));
      if (!box.holds(x, y, 1)) continue;
      context.beginPath();
      OUTLINES[mark.shape](context, x, y, at(mark.size, i));
      context.fillStyle = mark.shades ? `rgb(${look.shades(mark.colors)[at(mark.shades, i)].join(" ")})` : look.colour(mark.color);
      context.fill();
      if (mark.edge) stroke(context, look.colour(mark.edge), 1);
    }
  },
  segments(context, mark, box, look) {
    for (const i of indices(mark.x0, mark.y0, mark.x1, mark.y1)) {
      context.beginPath();
      context.moveTo(box.px(at(mark.x0, i)), box.py(at(mark.y0, i)));
      context.lineTo(box.px(at(mark.x1, i)), box.py(at(mark.y1, i)));
      stroke(context, look.colour(mark.color), at(mark.width, i), at(mark.dash, i));
    }
  },
  arrow(context, mark, box, look) {
    const [x0, y0, x1, y1] = [box.px(mark.x0[0]), box.py(mark.y0[0]), box.px(mark.x1[0]), box.py(mark.y1[0])];
    const angle = Math.atan2(y1 - y0, x1 - x0), head = 4 + 3 * mark.width;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1 - 0.8 * head * Math.cos(angle), y1 - 0.8 * head * Math.sin(angle));
    stroke(context, look.colour(mark.color), mark.width);
    context.beginPath();
    context.moveTo(x1, y1);
    for (const side of [-0.4, 0.4]) context.lineTo(x1 - head * Math.cos(angle + side), y1 - head * Math.sin(angle + side));
    context.fillStyle = look.colour(mark.color);
    context.fill();
  },
  rects(context, mark, box, look) {
    context.fillStyle = look.colour(mark.color);
    for (const i of indices(mark.x, mark.y, mark.width, mark.height)) {
      const x = at(mark.x, i), y = at(mark.y, i), left = box.px(x), bottom = box.py(y);
      context.beginPath();
      context.rect(left, bottom, box.px(x + at(mark.width, i)) - left, box.py(y + at(mark.height, i)) - bottom);
      if (mark.fill) context.fill();
      else stroke(context, look.colour(mark.color), 1.5);
    }
  },
  text(context, mark, box, look) {
    const x = box.px(mark.x), y = box.py(mark.y);
    if (mark.box) {
      const width = spell(context, mark.words, mark.size, false, look) + 8, height = mark.size + 6;
      const left = x - { left: 4, center: width / 2, right: width - 4 }[mark.align];
      context.beginPath();
      context.roundRect(left, y - height / 2, width, height, 3);
      context.fillStyle = look.colour("paper");
      context.fill();
      stroke(context, look.colour(mark.box), 1);
    }
    write(context, mark.words, x, y, mark, look);
  },
};
const UNCLIPPED = ["points", "text"]; // on the edge of a panel they are seen whole

function drawPanel(context, panel, box, place, look) {
  const put = (words, x, y, style) => words && write(context, words, x, y, style, look);
  for (const [x, label] of panel.xticks) put(label, box.px(x), box.bottom + 11, { align: "center", color: "muted", size: 11 });
  for (const [y, label] of panel.yticks) put(label, box.left - 6, box.py(y), { align: "right", color: "muted", size: 11 });
  put(panel.title, box.left, place.y + 11, { bold: true, size: 13 });
  put(panel.xlabel, (box.left + box.right) / 2, box.bottom + (panel.xticks.length ? 28 : 12), { align: "center" });
  context.save();
  context.translate(place.x + 8, (box.top + box.bottom) / 2);
  context.rotate(-Math.PI / 2);
  put(panel.ylabel, 0, 0, { align: "center" });
  context.restore();
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  if (panel.xticks.length || panel.yticks.length) stroke(context, look.colour("line"), 1);
  for (const mark of panel.marks) {
    context.save();
    if (!UNCLIPPED.includes(mark.kind)) {
      context.beginPath();
      context.rect(box.left, box.top, box.width, box.height);
      context.clip();
    }
    context.globalAlpha = mark.opacity ?? 1;
    MARKS[mark.kind](context, mark, box, look);
    context.restore();
  }
}

// ---- the widget ----

function isDark() {
  const theme = document.documentElement.dataset.theme; // the book's pages
  return theme ? theme === "dark" : document.body.dataset.jpThemeLight === "false"; // JupyterLab
}

function render({ model, el }) {
  const canvas = document.createElement("canvas");
  canvas.style.cssText = "display: block; width: 100%; touch-action: manipulation"; // two quick taps do not zoom
  el.append(canvas);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let panels = [], boxes = [], width = 0, look = null;
  let cursors = {}; // panel name: where the reader's cursor is
  let queue = [], asked = false, scheduled = 0, timer = 0, seen = true, held = null;

  function read() {
    panels = unpack(model.get("value"));
    cursors = Object.fromEntries(panels.filter((panel) => panel.cursor).map((panel) => [panel.name, panel.cursor]));
    const moves = Object.keys(cursors).length > 0, label = model.get("label") + (moves ? ". Arrow keys move the cursor, Enter presses." : "");
    for (const [name, value] of [["role", moves ? "application" : "img"], ["aria-label", label], ["tabindex", moves ? "0" : "-1"]]) {
      if (canvas.getAttribute(name) !== value) canvas.setAttribute(name, value);
    }
    schedule();
  }

  function schedule() {
    scheduled ||= requestAnimationFrame(() => {
      scheduled = 0;
      paint();
      ask();
    });
  }

  // What the page decides: asked once and not for every frame, for it makes the browser go over the whole page.
  function arrange() {
    width = el.clientWidth;
    look = makeLook(isDark(), getComputedStyle(el).fontFamily);
    schedule();
  }

  function paint() {
    if (!width || !panels.length) return;
    const context = canvas.getContext("2d"), density = globalThis.devicePixelRatio || 1;
    const { places, height } = layout(panels, model.get("value").height, width);
    const pixels = [width, height].map((size) => Math.round(size * density));
    if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) {
      [canvas.width, canvas.height] = pixels;
      canvas.style.height = `${height}px`;
    }
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    boxes = panels.map((panel, i) => axes(panel, places[i], Math.max(0, ...panel.yticks.map(([, label]) => spell(context, label, 11, false, look)))));
    panels.forEach((panel, i) => drawPanel(context, panel, boxes[i], places[i], look));
    if (!canvas.matches(":focus-visible")) return;
    for (const [i, { name, keys }] of panels.entries()) {
      if (!keys || !(name in cursors)) continue;
      context.beginPath();
      context.arc(boxes[i].px(cursors[name][0]), boxes[i].py(cursors[name][1]), 11, 0, 2 * Math.PI);
      stroke(context, look.colour("ink"), 2, true);
    }
  }

  // One request at a time, and after the picture that answered the last one has been drawn.
  function ask() {
    if (asked || scheduled || timer || !(queue.length || (model.get("running") && seen))) return;
    if (calm.matches && !queue.length) timer = setTimeout(send, 1000);
    else send();
  }

  function send() {
    clearTimeout(timer);
    timer = 0;
    asked = true;
    model.send({ events: queue, advance: model.get("running"), after: model.get("answered"), calm: calm.matches });
    queue = [];
  }

  function tell(kind, panel, place) {
    const [x, y] = (cursors[panel.name] = clip(place, panel));
    queue = enqueue(queue, { kind, panel: panel.name, x, y });
    clearTimeout(timer);
    timer = 0;
    schedule();
  }

  const panelAt = (event) => panels.findIndex(({ name }, i) => name in cursors && boxes[i]?.holds(event.offsetX, event.offsetY, 8));
  const point = (kind, i, event) => tell(kind, panels[i], boxes[i].data(event.offsetX, event.offsetY));
  const listeners = {
    pointerdown(event) {
      const i = panelAt(event);
      if (i < 0 || !panels[i].drag) return;
      held = i;
      canvas.setPointerCapture(event.pointerId);
      point("down", i, event);
    },
    pointermove(event) {
      canvas.style.cursor = held !== null || panelAt(event) >= 0 ? "crosshair" : "";
      if (held !== null) point("drag", held, event);
    },
    pointerup(event) {
      if (held !== null) point("up", held, event);
      held = null;
    },
    pointercancel: () => (held = null),
    click(event) { // of a finger only where it has not moved on to scroll the page
      const i = panelAt(event);
      if (i >= 0 && !panels[i].drag) point("down", i, event);
    },
    touchstart: (event) => held !== null && event.preventDefault(), // a finger that drags must not scroll the page
    keydown(event) {
      const panel = panels.find(({ name, keys }) => keys && name in cursors), way = ARROWS[event.key];
      if (!panel || event.ctrlKey || event.metaKey || event.altKey || !(way || ["Enter", " "].includes(event.key))) return;
      const cursor = cursors[panel.name];
      if (way) tell("move", panel, cursor.map((value, k) => value + way[k] * panel.step[k]));
      else tell("press", panel, cursor);
      event.preventDefault();
      event.stopPropagation();
    },
    focus: schedule,
    blur: schedule,
  };
  for (const [name, listen] of Object.entries(listeners)) canvas.addEventListener(name, listen, { passive: false });

  const themes = new MutationObserver(arrange), sizes = new ResizeObserver(arrange);
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  themes.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  sizes.observe(el);
  const views = new IntersectionObserver((entries) => {
    seen = entries.at(-1).isIntersecting; // a busy page tells of several changes at once
    ask();
  });
  views.observe(canvas);
  document.fonts?.ready.then(arrange);

  const answered = () => {
    asked = false;
    schedule();
  };
  const changed = { "change:value": read, "change:running": ask, "change:answered": answered };
  for (const [name, listen] of Object.entries(changed)) model.on(name, listen);
  arrange();
  read();
  return () => {
    for (const [name, listen] of Object.entries(changed)) model.off(name, listen);
    for (const observer of [themes, sizes, views]) observer.disconnect();
    cancelAnimationFrame(scheduled);
    clearTimeout(timer);
  };
}

export default { render };
