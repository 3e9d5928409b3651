// The picture of a widget: draws the list that Python sends (canvas.py) and sends back what the reader does.
// What is drawn is computed in Python; here is decided only where it goes on the screen.

const COLOURS = { // name: in light, in dark; tests/test_palette.py keeps it in step with website/style/palette.json
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
  const shares = panels.reduce((sum, panel) => sum + panel.width, 0);
  const room = width - GAP * (panels.length - 1);
  let at = 0;
  const places = panels.map((panel) => {
    const place = inRow
      ? { x: at, y: 0, width: (room * panel.width) / shares, height }
      : { x: 0, y: at, width, height: Math.min(height, panel.equal ? width : 0.7 * width) };
    at += (inRow ? place.width : place.height) + GAP;
    return place;
  });
  return { places, height: inRow ? height : at - GAP };
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
    width = unit * (x1 - x0);
    height = unit * (y1 - y0);
  }
  return {
    left, top, width, height, right: left + width, bottom: top + height,
    px: (x) => left + ((x - x0) / (x1 - x0)) * width,
    py: (y) => top + height - ((y - y0) / (y1 - y0)) * height,
    data: (px, py) => [x0 + ((px - left) / width) * (x1 - x0), y0 + ((top + height - py) / height) * (y1 - y0)],
  };
}

// "a^{[1]}_j" in pieces: [["a", 0], ["[1]", 1], ["j", -1]].
export function pieces(words) {
  const found = [...words.matchAll(/([\^_])(?:\{([^}]*)\}|(.))|[^\^_]+/gu)];
  return found.map(([all, sign, group, single]) => (sign ? [group ?? single, sign === "^" ? 1 : -1] : [all, 0]));
}

// The colour at a share from 0 to 1 of the way through "#rrggbb" colours, as [red, green, blue].
export function mix(colours, share) {
  const at = share * (colours.length - 1), k = Math.min(Math.floor(at), colours.length - 2);
  const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  const from = channels(colours[k]), to = channels(colours[k + 1]);
  return from.map((channel, i) => Math.round(channel + (to[i] - channel) * (at - k)));
}

// Events wait until Python has answered; of a row of movements only the last is kept.
export function enqueue(queue, event) {
  const last = queue.at(-1);
  const merges = last?.kind === event.kind && last.panel === event.panel && ["drag", "move"].includes(event.kind);
  return [...(merges ? queue.slice(0, -1) : queue), event];
}

export const clip = ([x, y], panel) => [
  Math.min(Math.max(x, panel.x[0]), panel.x[1]), Math.min(Math.max(y, panel.y[0]), panel.y[1]),
];

// ---- drawing ----

const dashes = (broken, width) => (broken ? [3 * width + 2, 2 * width + 2] : []);
const at = (array, i) => array[array.length === 1 ? 0 : i]; // one number counts for all
const length = (...arrays) => Math.max(...arrays.map((array) => array.length));

function style(dark, font) {
  const colour = (name) => COLOURS[name][dark ? 1 : 0];
  const maps = {};
  const shades = (name) => (maps[name] ??= Array.from({ length: 256 }, (_, i) => mix(MAPS[name].map(colour), i / 255)));
  return { colour, shades, font: (size, bold) => `${bold ? "600 " : ""}${size}px ${font}` };
}

function widthOf(context, words, size, { font }, bold) {
  return pieces(words).reduce((sum, [text, shift]) => {
    context.font = font(shift ? 0.75 * size : size, bold);
    return sum + context.measureText(text).width;
  }, 0);
}

function write(context, words, x, y, { size = 12, align = "left", bold = false, color = "ink" }, look) {
  const width = widthOf(context, words, size, look, bold);
  let pen = x - { left: 0, center: width / 2, right: width }[align];
  context.fillStyle = look.colour(color);
  context.textBaseline = "middle";
  for (const [text, shift] of pieces(words)) {
    context.font = look.font(shift ? 0.75 * size : size, bold);
    context.fillText(text, pen, y - 0.4 * size * shift);
    pen += context.measureText(text).width;
  }
  return width;
}

const OUTLINES = {
  circle: (path, x, y, r) => path.arc(x, y, r, 0, 2 * Math.PI),
  square: (path, x, y, r) => path.rect(x - 0.89 * r, y - 0.89 * r, 1.78 * r, 1.78 * r),
  triangle: (path, x, y, r) => polygon(path, x, y, [1.2, 1.2, 1.2].map((s) => s * r)),
  diamond: (path, x, y, r) => polygon(path, x, y, [1.2, 1.2, 1.2, 1.2].map((s) => s * r)),
  star: (path, x, y, r) => polygon(path, x, y, Array.from({ length: 10 }, (_, i) => (i % 2 ? 0.6 : 1.5) * r)),
};

function polygon(path, x, y, radii) {
  radii.forEach((radius, i) => {
    const angle = (2 * Math.PI * i) / radii.length - Math.PI / 2;
    path.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
  });
  path.closePath();
}

// One function for each kind of mark: (context, mark, its panel's box, look).
const MARKS = {
  heat(context, mark, box, look) {
    const rows = mark.values.length / mark.columns;
    const image = new ImageData(mark.columns, rows), table = look.shades(mark.colors);
    mark.values.forEach((shade, i) => {
      const row = rows - 1 - Math.floor(i / mark.columns); // row 0 is at the bottom
      image.data.set([...table[shade], 255], 4 * (row * mark.columns + (i % mark.columns)));
    });
    const small = document.createElement("canvas");
    [small.width, small.height] = [mark.columns, rows];
    small.getContext("2d").putImageData(image, 0, 0);
    const [left, right, bottom, top] = mark.extent;
    context.imageSmoothingEnabled = mark.smooth;
    context.drawImage(small, box.px(left), box.py(top), box.px(right) - box.px(left), box.py(bottom) - box.py(top));
  },
  line(context, mark, box, look) {
    context.beginPath();
    let down = false;
    for (let i = 0; i < length(mark.x, mark.y); i++) {
      const x = box.px(at(mark.x, i)), y = box.py(at(mark.y, i));
      const seen = Number.isFinite(x) && Number.isFinite(y);
      if (seen) context[down ? "lineTo" : "moveTo"](x, y);
      down = seen;
    }
    Object.assign(context, { strokeStyle: look.colour(mark.color), lineWidth: mark.width, lineJoin: "round" });
    context.setLineDash(dashes(mark.dash, mark.width));
    context.stroke();
  },
  points(context, mark, box, look) {
    for (let i = 0; i < length(mark.x, mark.y); i++) {
      const x = box.px(at(mark.x, i)), y = box.py(at(mark.y, i)), slack = 1;
      if (!(x >= box.left - slack && x <= box.right + slack && y >= box.top - slack && y <= box.bottom + slack)) continue;
      context.beginPath();
      OUTLINES[mark.shape](context, x, y, at(mark.size, i));
      context.fillStyle = mark.shades ? `rgb(${look.shades(mark.colors)[at(mark.shades, i)].join(" ")})` : look.colour(mark.color);
      context.fill();
      if (!mark.edge) continue;
      Object.assign(context, { strokeStyle: look.colour(mark.edge), lineWidth: 1 });
      context.stroke();
    }
  },
  segments(context, mark, box, look) {
    context.strokeStyle = look.colour(mark.color);
    for (let i = 0; i < length(mark.x0, mark.y0, mark.x1, mark.y1); i++) {
      context.lineWidth = at(mark.width, i);
      context.setLineDash(dashes(at(mark.dash, i), context.lineWidth));
      context.beginPath();
      context.moveTo(box.px(at(mark.x0, i)), box.py(at(mark.y0, i)));
      context.lineTo(box.px(at(mark.x1, i)), box.py(at(mark.y1, i)));
      context.stroke();
    }
  },
  arrow(context, mark, box, look) {
    const [x0, y0, x1, y1] = [box.px(mark.x0[0]), box.py(mark.y0[0]), box.px(mark.x1[0]), box.py(mark.y1[0])];
    const angle = Math.atan2(y1 - y0, x1 - x0), head = 4 + 3 * mark.width;
    Object.assign(context, { strokeStyle: look.colour(mark.color), fillStyle: look.colour(mark.color), lineWidth: mark.width });
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1 - 0.8 * head * Math.cos(angle), y1 - 0.8 * head * Math.sin(angle));
    context.stroke();
    context.beginPath();
    context.moveTo(x1, y1);
    for (const side of [-0.4, 0.4]) context.lineTo(x1 - head * Math.cos(angle + side), y1 - head * Math.sin(angle + side));
    context.fill();
  },
  rects(context, mark, box, look) {
    context.fillStyle = context.strokeStyle = look.colour(mark.color);
    context.lineWidth = 1.5;
    for (let i = 0; i < length(mark.x, mark.y, mark.width, mark.height); i++) {
      const x = at(mark.x, i), y = at(mark.y, i);
      const corner = [box.px(x), box.py(y)], other = [box.px(x + at(mark.width, i)), box.py(y + at(mark.height, i))];
      context[mark.fill ? "fillRect" : "strokeRect"](...corner, other[0] - corner[0], other[1] - corner[1]);
    }
  },
  text(context, mark, box, look) {
    const x = box.px(mark.x), y = box.py(mark.y);
    if (mark.box) {
      const width = widthOf(context, mark.words, mark.size, look) + 8, height = mark.size + 6;
      context.beginPath();
      context.roundRect(x - { left: 4, center: width / 2, right: width - 4 }[mark.align], y - height / 2, width, height, 3);
      Object.assign(context, { fillStyle: look.colour("paper"), strokeStyle: look.colour(mark.box), lineWidth: 1 });
      context.fill();
      context.stroke();
    }
    write(context, mark.words, x, y, mark, look);
  },
};
const UNCLIPPED = ["points", "text"]; // on the edge of a panel they are seen whole

function drawPanel(context, panel, box, place, look) {
  context.lineWidth = 1;
  context.strokeStyle = look.colour("line");
  for (const [position, label] of panel.xticks) {
    write(context, label, box.px(position), box.bottom + 11, { align: "center", color: "muted", size: 11 }, look);
  }
  for (const [position, label] of panel.yticks) {
    write(context, label, box.left - 6, box.py(position), { align: "right", color: "muted", size: 11 }, look);
  }
  if (panel.xticks.length || panel.yticks.length) context.strokeRect(box.left, box.top, box.width, box.height);
  if (panel.title) write(context, panel.title, box.left, place.y + 11, { bold: true, size: 13 }, look);
  if (panel.xlabel) write(context, panel.xlabel, (box.left + box.right) / 2, box.bottom + (panel.xticks.length ? 28 : 12), { align: "center" }, look);
  if (panel.ylabel) {
    context.save();
    context.translate(place.x + 8, (box.top + box.bottom) / 2);
    context.rotate(-Math.PI / 2);
    write(context, panel.ylabel, 0, 0, { align: "center" }, look);
    context.restore();
  }
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
  canvas.style.cssText = "display: block; width: 100%";
  el.append(canvas);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let panels = [], boxes = [], height = 0;
  let cursors = {}; // panel name: where the reader's cursor is
  let queue = [], asked = false, scheduled = 0, timer = 0, seen = true, held = null;

  function read() {
    panels = unpack(model.get("value"));
    cursors = Object.fromEntries(panels.filter((panel) => panel.cursor).map((panel) => [panel.name, panel.cursor]));
    const moves = Object.keys(cursors).length > 0;
    canvas.setAttribute("role", moves ? "application" : "img");
    canvas.setAttribute("aria-label", model.get("label") + (moves ? ". Arrow keys move the cursor, Enter presses." : ""));
    if (moves) canvas.tabIndex = 0;
    else canvas.removeAttribute("tabindex");
    schedule();
  }

  function schedule() {
    scheduled ||= requestAnimationFrame(() => {
      scheduled = 0;
      paint();
      ask();
    });
  }

  function paint() {
    const width = el.clientWidth;
    if (!width || !panels.length) return;
    const context = canvas.getContext("2d"), look = style(isDark(), getComputedStyle(el).fontFamily);
    const arranged = layout(panels, model.get("value").height, width), density = globalThis.devicePixelRatio || 1;
    height = arranged.height;
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    canvas.style.height = `${height}px`;
    context.scale(density, density);
    boxes = panels.map((panel, i) => {
      const labels = panel.yticks.map(([, label]) => widthOf(context, label, 11, look));
      return axes(panel, arranged.places[i], Math.max(0, ...labels));
    });
    panels.forEach((panel, i) => drawPanel(context, panel, boxes[i], arranged.places[i], look));
    if (canvas.matches(":focus-visible")) panels.forEach((panel, i) => panel.name in cursors && ring(context, cursors[panel.name], boxes[i], look));
  }

  function ring(context, [x, y], box, look) {
    context.beginPath();
    context.arc(box.px(x), box.py(y), 11, 0, 2 * Math.PI);
    Object.assign(context, { strokeStyle: look.colour("ink"), lineWidth: 2 });
    context.setLineDash([4, 3]);
    context.stroke();
  }

  // One request at a time, and after the picture that answered the last one has been drawn.
  function ask() {
    const advance = model.get("running") && seen;
    if (asked || scheduled || timer || !(advance || queue.length)) return;
    if (calm.matches && !queue.length) {
      timer = setTimeout(() => {
        timer = 0;
        send();
      }, 1000);
    } else send();
  }

  function send() {
    asked = true;
    model.send({ events: queue, advance: model.get("running"), after: model.get("answered") });
    queue = [];
  }

  function tell(kind, panel, place) {
    const [x, y] = (cursors[panel.name] = clip(place, panel));
    queue = enqueue(queue, { kind, panel: panel.name, x, y });
    clearTimeout(timer);
    timer = 0;
    schedule();
  }

  const listeners = {
    pointerdown(event) {
      const i = panelAt(event);
      if (i < 0) return;
      held = i;
      canvas.setPointerCapture(event.pointerId);
      tell("down", panels[i], boxes[i].data(event.offsetX, event.offsetY));
    },
    pointermove(event) {
      canvas.style.cursor = held !== null || panelAt(event) >= 0 ? "crosshair" : "";
      if (held !== null) tell("drag", panels[held], boxes[held].data(event.offsetX, event.offsetY));
    },
    pointerup(event) {
      if (held !== null) tell("up", panels[held], boxes[held].data(event.offsetX, event.offsetY));
      held = null;
    },
    pointercancel: () => (held = null),
    // A finger that drags something must not scroll the page.
    touchstart: (event) => held !== null && event.preventDefault(),
    keydown(event) {
      const panel = panels.find(({ name }) => name in cursors);
      if (!panel || event.ctrlKey || event.metaKey || event.altKey) return;
      const cursor = cursors[panel.name], way = ARROWS[event.key];
      if (way) tell("move", panel, cursor.map((value, k) => value + way[k] * panel.step[k]));
      else if (event.key === "Enter" || event.key === " ") tell("press", panel, cursor);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    focus: schedule,
    blur: schedule,
  };
  function panelAt({ offsetX: x, offsetY: y }) {
    return panels.findIndex(({ name }, i) => name in cursors && boxes[i] && x >= boxes[i].left - 8 && x <= boxes[i].right + 8 && y >= boxes[i].top - 8 && y <= boxes[i].bottom + 8);
  }
  for (const [name, listen] of Object.entries(listeners)) canvas.addEventListener(name, listen, { passive: false });

  const themes = new MutationObserver(schedule);
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  themes.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  const sizes = new ResizeObserver(schedule);
  sizes.observe(el);
  const views = new IntersectionObserver(([entry]) => {
    seen = entry.isIntersecting;
    ask();
  });
  views.observe(canvas);
  document.fonts?.ready.then(schedule);

  const changed = {
    "change:value": read,
    "change:running": ask,
    "change:answered": () => {
      asked = false;
      schedule();
    },
  };
  for (const [name, listen] of Object.entries(changed)) model.on(name, listen);
  read();
  return () => {
    for (const [name, listen] of Object.entries(changed)) model.off(name, listen);
    for (const observer of [themes, sizes, views]) observer.disconnect();
    cancelAnimationFrame(scheduled);
    clearTimeout(timer);
  };
}

export default { render };
