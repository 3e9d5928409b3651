// Draws the film of the landing page: what nnlib computed while the page was built (website/extensions/film.py).
// It shows numbers and computes none; where it adds, it is for places on the canvas.

(function () {
  "use strict";

  const figure = document.getElementById("film");
  if (!figure) return;
  const film = JSON.parse(document.getElementById("film-data").textContent);
  const canvas = figure.querySelector("canvas");
  const pen = canvas.getContext("2d");
  const play = figure.querySelector(".film-play");
  const slider = figure.querySelector("#film-step");
  const readout = figure.querySelector(".film-readout");
  const lines = [...figure.querySelectorAll(".film-line")];
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  // One step of training, in milliseconds: the digit, forward through three layers, the comparison, back through
  // three layers, and the step itself.
  const CUES = { digit: 0, forward: 500, compare: 2300, backward: 2800, gradient: 4000, step: 4600, end: 5400 };
  const FORWARD = 600, BACKWARD = 400;  // per layer

  const largest = (values) => Math.max(1e-9, ...values.map(Math.abs));

  const colour = {};
  let index = 0, clock = CUES.end - 1, playing = false, visible = true, last = 0, width = 0, height = 0;

  function readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["paper", "panel", "line", "ink", "muted", "marker", "sym-x", "sym-W", "sym-y", "sym-delta", "sym-cost"])
      colour[name] = style.getPropertyValue(`--${name}`).trim();
    colour.dark = document.documentElement.dataset.theme === "dark";
    colour.steer = style.getPropertyValue("--steer") || "sans-serif";
  }

  // ---- places -------------------------------------------------------------------------------------------------

  function place() {
    width = canvas.clientWidth;
    height = width < 520 ? Math.round(width * 0.86) : Math.round(Math.min(400, width * 0.46));
    canvas.style.height = `${height}px`;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  function scene() {
    const narrow = width < 520, top = 10, bottom = narrow ? 78 : 70;
    const tall = height - top - bottom;
    const side = Math.min(tall * (narrow ? 0.42 : 0.62), width * (narrow ? 0.24 : 0.2));
    const picture = { x: 4, y: top + (tall - side) / 2, side };
    const right = width - (narrow ? 62 : 120);
    const columns = film.sizes.slice(1).map((size, layer) => {
      const x = picture.x + side + (right - picture.x - side) * ((layer + (narrow ? 0.7 : 0.62)) / 2.7);
      const gap = tall / (size - (size === 10 ? 0 : 0));
      return Array.from({ length: size }, (_, j) => ({ x, y: top + gap * (j + 0.5) }));
    });
    return { picture, columns, radius: Math.max(1, Math.min(narrow ? 5.2 : 8, tall / 40 + 1)), narrow, base: height - 14, curveTop: height - bottom + 22 };
  }

  // Errors are drawn on one scale for the whole film, so that they are seen to fade as the network learns.
  const scale = {
    delta: [0, 1, 2].map((layer) => 0.5 * Math.max(...film.frames.map((frame) => largest(frame.delta[layer])))),
    sent: [0, 1, 2].map((layer) => layer && 0.5 * Math.max(...film.frames.map((frame) =>
      largest(frame.W[layer - 1].flatMap((row, j) => row.map((w) => w * frame.delta[layer][j])))))),
  };

  // ---- drawing ------------------------------------------------------------------------------------------------

  const clamp = (value) => Math.max(0, Math.min(1, value));
  const ease = (value) => { const t = clamp(value); return t * t * (3 - 2 * t); };

  function tint(name, alpha) {
    pen.globalAlpha = clamp(alpha);
    pen.strokeStyle = pen.fillStyle = colour[name];
  }

  // an edge that has grown from `from` towards `to` by the share `grown`
  function edge(from, to, grown, widthOf, dashed) {
    pen.lineWidth = widthOf;
    pen.setLineDash(dashed ? [2, 3] : []);
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(from.x + (to.x - from.x) * grown, from.y + (to.y - from.y) * grown);
    pen.stroke();
    pen.setLineDash([]);
  }

  function drawPicture(frame, square, shown) {
    const pixels = frame.bytes, cell = square.side / 28;
    tint("panel", 1);
    pen.fillRect(square.x, square.y, square.side, square.side);
    for (let k = 0; k < 784; k++) {
      if (!pixels[k]) continue;
      tint("sym-x", (pixels[k] / 255) * shown);
      pen.fillRect(square.x + (k % 28) * cell, square.y + Math.floor(k / 28) * cell, cell + 0.4, cell + 0.4);
    }
  }

  function pixelPlace(square, k) {
    const cell = square.side / 28;
    return { x: square.x + ((k % 28) + 0.5) * cell, y: square.y + (Math.floor(k / 28) + 0.5) * cell };
  }

  // what a layer receives: each edge as strong as weight times activation, dashed where it is negative
  function drawForward(frame, at, layer, grown) {
    const to = at.columns[layer];
    if (layer === 0) {
      const bound = largest(frame.strength.flat());
      frame.strongest.forEach((pixels, j) => pixels.forEach((k, i) => {
        const force = frame.strength[j][i] / bound;
        tint("sym-W", Math.abs(force) * 0.7);
        edge(pixelPlace(at.picture, k), to[j], grown, 0.5 + 1.2 * Math.abs(force), force < 0);
      }));
      return;
    }
    const from = at.columns[layer - 1], a = frame.a[layer - 1], W = frame.W[layer - 1];
    const bound = largest(W.flatMap((row) => row.map((w, k) => w * a[k])));
    W.forEach((row, j) => row.forEach((w, k) => {
      const force = (w * a[k]) / bound;
      if (Math.abs(force) < 0.04) return;
      tint("sym-W", 0.12 + 0.75 * Math.abs(force));
      edge(from[k], to[j], grown, 0.4 + 2.2 * Math.abs(force), force < 0);
    }));
  }

  // what a layer sends back: each edge as strong as weight times error
  function drawBackward(frame, at, layer, grown) {
    const from = at.columns[layer], to = at.columns[layer - 1], delta = frame.delta[layer], W = frame.W[layer - 1];
    W.forEach((row, j) => row.forEach((w, k) => {
      const force = Math.max(-1, Math.min(1, (w * delta[j]) / scale.sent[layer]));
      if (Math.abs(force) < 0.06) return;
      tint("sym-delta", 0.1 + 0.7 * Math.abs(force));
      edge(from[j], to[k], grown, 0.4 + 2 * Math.abs(force), force < 0);
    }));
  }

  function drawNeurons(frame, at, layer, lit, wrong) {
    const a = frame.a[layer], delta = frame.delta[layer];
    const brightest = layer === 2 ? 1 : largest(a), worst = layer === 2 ? 1 : scale.delta[layer];
    at.columns[layer].forEach((spot, j) => {
      pen.globalAlpha = 1;
      pen.fillStyle = colour.paper;
      pen.strokeStyle = colour.dark ? "#5a5f6a" : "#b9b3a4";
      pen.lineWidth = 1;
      pen.beginPath();
      pen.arc(spot.x, spot.y, at.radius, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
      tint("sym-x", (a[j] / brightest) * lit);
      pen.beginPath();
      pen.arc(spot.x, spot.y, at.radius, 0, 2 * Math.PI);
      pen.fill();
      if (wrong > 0) {
        tint("sym-delta", wrong * Math.min(1, Math.abs(delta[j]) / worst));
        pen.lineWidth = 2.5;
        pen.setLineDash(delta[j] < 0 ? [2.5, 2] : []);
        pen.beginPath();
        pen.arc(spot.x, spot.y, at.radius + 2.5, 0, 2 * Math.PI);
        pen.stroke();
        pen.setLineDash([]);
      }
    });
  }

  function drawOutput(frame, at, lit, compared) {
    const long = at.narrow ? 30 : 70, a = frame.a[2];
    at.columns[2].forEach((spot, j) => {
      const x = spot.x + at.radius + 8;
      pen.globalAlpha = 1;
      pen.fillStyle = j === frame.label && compared > 0 ? colour["sym-y"] : colour.muted;
      pen.font = `${j === frame.label && compared > 0 ? "700 " : ""}${at.narrow ? 11 : 13}px ${colour.steer}`;
      pen.textBaseline = "middle";
      pen.fillText(String(j), x, spot.y + 0.5);
      const bar = x + 13, half = at.narrow ? 3.5 : 5;
      tint("line", 0.8);
      pen.fillRect(bar, spot.y + half - 1, long, 1);
      tint("sym-x", 0.95);
      pen.fillRect(bar, spot.y - half, long * a[j] * lit, 2 * half - 1);
      if (compared > 0 && j === frame.label) {
        tint("sym-y", compared);
        pen.lineWidth = 2;
        pen.strokeRect(bar - 1, spot.y - half - 1.5, long + 2, 2 * half + 2);
      }
    });
  }

  function drawCost(frame, at) {
    const costs = film.costs, top = at.curveTop, base = at.base, bound = Math.max(...costs), left = 4, right = width - 4;
    const x = (i) => left + ((right - left) * Math.sqrt(i)) / Math.sqrt(costs.length - 1);
    const y = (cost) => base - ((base - top) * cost) / bound;
    tint("line", 1);
    pen.fillRect(left, base, right - left, 1);
    for (const [upTo, alpha] of [[costs.length, 0.28], [frame.step, 1]]) {
      tint("sym-cost", alpha);
      pen.lineWidth = 1.5;
      pen.beginPath();
      for (let i = 0; i < upTo; i++) pen.lineTo(x(i), y(costs[i]));
      pen.stroke();
    }
    tint("sym-cost", 1);
    pen.beginPath();
    pen.arc(x(frame.step - 1), y(costs[frame.step - 1]), 4, 0, 2 * Math.PI);
    pen.fill();
    tint("muted", 1);
    pen.font = `12px ${colour.steer}`;
    pen.textBaseline = "alphabetic";
    pen.textAlign = "right";
    pen.fillText(`cost of each mini-batch, ${costs.length.toLocaleString("en")} steps`, right, top - 2);
    pen.textAlign = "left";
  }

  function draw() {
    const frame = film.frames[index], at = scene(), t = clock;
    pen.clearRect(0, 0, width, height);
    const forward = [0, 1, 2].map((layer) => ease((t - CUES.forward - layer * FORWARD) / FORWARD));
    const backward = [2, 1].map((layer, i) => ease((t - CUES.backward - (i + 0.25) * BACKWARD) / BACKWARD));
    const compared = ease((t - CUES.compare) / 350);
    const fading = 1 - 0.72 * compared;  // the way forward steps back when the errors come
    const stepping = t >= CUES.gradient ? Math.sin(Math.PI * clamp((t - CUES.gradient) / (CUES.end - CUES.gradient))) : 0;

    drawPicture(frame, at.picture, ease((t - CUES.digit) / 400));
    [0, 1, 2].forEach((layer) => {
      if (!forward[layer]) return;
      pen.save();
      if (t > CUES.compare) pen.filter = `opacity(${clamp(fading + 0.6 * stepping)})`;
      drawForward(frame, at, layer, forward[layer]);
      pen.restore();
    });
    if (backward[0]) drawBackward(frame, at, 2, backward[0]);
    if (backward[1]) drawBackward(frame, at, 1, backward[1]);
    drawNeurons(frame, at, 0, ease((t - CUES.forward - FORWARD * 0.7) / 300), backward[1]);
    drawNeurons(frame, at, 1, ease((t - CUES.forward - FORWARD * 1.7) / 300), backward[0]);
    drawNeurons(frame, at, 2, ease((t - CUES.forward - FORWARD * 2.7) / 300), compared);
    drawOutput(frame, at, ease((t - CUES.forward - FORWARD * 2.7) / 300), compared);
    drawCost(frame, at);
    pen.globalAlpha = 1;
  }

  // ---- words and running lines ----------------------------------------------------------------------------------

  function phase() {
    if (!playing && clock >= CUES.end - 1) return "";
    if (clock < CUES.forward) return "";
    if (clock < CUES.compare) return "forward";
    if (clock < CUES.gradient) return "backward";
    return clock < CUES.step ? "gradient" : "step";
  }

  function speak() {
    const frame = film.frames[index], out = frame.a[2], guess = out.indexOf(Math.max(...out));
    const verdict = guess === frame.label ? "right" : "wrong";
    const words = `Step ${frame.step} of ${film.costs.length}: a ${frame.label}, read as ${guess} with ${Math.round(100 * out[guess])} %, ${verdict}. ` +
      `Cost of the mini-batch ${film.costs[frame.step - 1].toFixed(2)}.`;
    if (readout.textContent !== words) readout.textContent = words;
    slider.value = index;
    slider.setAttribute("aria-valuetext", `step ${frame.step}`);
  }

  function show() {
    const now = phase();
    for (const line of lines) line.classList.toggle("film-now", now !== "" && line.classList.contains(`film-${now}`));
    speak();
    draw();
  }

  // ---- time -------------------------------------------------------------------------------------------------------

  function tick(now) {
    if (!playing || !visible) return;
    clock += Math.min(60, now - (last || now));
    last = now;
    if (clock >= CUES.end) {
      index = (index + 1) % film.frames.length;
      clock = 0;
    }
    show();
    requestAnimationFrame(tick);
  }

  function run(on) {
    playing = on;
    play.textContent = on ? "Pause" : "Play";
    play.setAttribute("aria-pressed", String(on));
    readout.setAttribute("aria-live", on ? "off" : "polite");
    last = 0;
    if (on) requestAnimationFrame(tick);
  }

  play.addEventListener("click", () => {
    if (!playing && clock >= CUES.end - 1) clock = 0;
    run(!playing);
    show();
  });
  slider.addEventListener("input", () => {
    run(false);
    index = Number(slider.value);
    clock = CUES.end - 1;
    show();
  });
  new ResizeObserver(() => { if (canvas.clientWidth !== width) { place(); show(); } }).observe(canvas);
  new MutationObserver(() => { readColours(); show(); }).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  new IntersectionObserver((entries) => {
    const before = visible;
    visible = entries[0].isIntersecting;
    if (visible && !before && playing) { last = 0; requestAnimationFrame(tick); }
  }).observe(canvas);
  window.addEventListener("beforeprint", () => { run(false); clock = CUES.end - 1; readColours(); show(); });

  for (const frame of film.frames) frame.bytes = Uint8Array.from(atob(frame.pixels), (c) => c.charCodeAt(0));
  readColours();
  place();
  if (calm.matches) { run(false); show(); } else { clock = 0; run(true); }
})();
