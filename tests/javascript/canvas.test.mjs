// The pure functions of nnlib/widgets/canvas.js.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const source = await readFile(new URL("../../nnlib/widgets/canvas.js", import.meta.url), "utf8");
const { axes, clip, enqueue, layout, mix, pieces, unpack } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

const panel = (more = {}) => ({ name: "plane", x: [-1, 3], y: [0, 1], xticks: [[0, "0"]], yticks: [[0, "0"]], title: "", xlabel: "", ylabel: "", width: 1, ...more });

test("arrays come back out of the packed bytes, also from the middle of a message", () => {
  const message = new Uint8Array(3 + 12);
  message.set(new Uint8Array(new Float32Array([1.5, NaN, -2]).buffer), 3);
  const floats = new DataView(message.buffer, 3, 12), bytes = new DataView(new Uint8Array([7, 255]).buffer);
  const frame = { floats, bytes, panels: [{ marks: [{ x: { floats: [1, 3] }, values: { bytes: [0, 2] }, words: "w", box: null, extent: [0, 1] }] }] };
  const [mark] = unpack(frame)[0].marks;
  assert.deepEqual(mark, { x: new Float32Array([NaN, -2]), values: new Uint8Array([7, 255]), words: "w", box: null, extent: [0, 1] });
});

test("panels share a wide row by their widths, and stand below each other on a phone", () => {
  const panels = [panel({ width: 1 }), panel({ width: 2 })];
  const wide = layout(panels, 300, 614);
  assert.deepEqual(wide, { height: 300, places: [{ x: 0, y: 0, width: 200, height: 300 }, { x: 214, y: 0, width: 400, height: 300 }] });
  const narrow = layout(panels, 300, 330);
  assert.deepEqual(narrow.places.map(({ x, y, width }) => [x, y, width]), [[0, 0, 330], [0, narrow.places[0].height + 14, 330]]);
  assert.equal(narrow.height, narrow.places[1].y + narrow.places[1].height);
  assert.equal(layout([panel({ equal: true })], 400, 180).height, 180);
});

test("data to pixels and back", () => {
  const box = axes(panel({ title: "t", xlabel: "x", ylabel: "y" }), { x: 10, y: 20, width: 400, height: 300 }, 15);
  assert.deepEqual([box.px(-1), box.px(3), box.py(0), box.py(1)], [box.left, box.right, box.bottom, box.top]);
  const [x, y] = box.data(box.px(0.3), box.py(0.8));
  assert.ok(Math.abs(x - 0.3) < 1e-9 && Math.abs(y - 0.8) < 1e-9);
  assert.ok(box.left >= 10 + 15 && box.right <= 410 && box.top >= 20 && box.bottom <= 320);
});

test("equal axes have one unit for both directions, and fit their place", () => {
  const box = axes(panel({ equal: true }), { x: 0, y: 0, width: 500, height: 100 }, 10);
  assert.ok(Math.abs((box.px(1) - box.px(0)) - (box.py(0) - box.py(1))) < 1e-9);
  assert.ok(box.right <= 500 && box.bottom <= 100);
});

test("raised and lowered pieces", () => {
  assert.deepEqual(pieces("a^{[1]}_j = x_2"), [["a", 0], ["[1]", 1], ["j", -1], [" = x", 0], ["2", -1]]);
  assert.deepEqual(pieces("plain"), [["plain", 0]]);
  assert.deepEqual(pieces(""), []);
});

test("colours are mixed between their neighbours", () => {
  const map = ["#000000", "#ffffff", "#ff0000"];
  assert.deepEqual([0, 0.25, 0.5, 0.75, 1].map((share) => mix(map, share)), [[0, 0, 0], [128, 128, 128], [255, 255, 255], [255, 128, 128], [255, 0, 0]]);
});

test("of a row of movements only the last waits; what is pressed is never lost", () => {
  const events = ["down", "drag", "drag", "up", "down", "drag", "move", "move", "press", "press"].map((kind, x) => ({ kind, panel: "p", x }));
  const waiting = events.reduce(enqueue, []).map(({ kind, x }) => [kind, x]);
  assert.deepEqual(waiting, [["down", 0], ["drag", 2], ["up", 3], ["down", 4], ["drag", 5], ["move", 7], ["press", 8], ["press", 9]]);
  assert.equal([{ kind: "drag", panel: "p" }, { kind: "drag", panel: "q" }].reduce(enqueue, []).length, 2);
});

test("a cursor stays in its panel", () => {
  assert.deepEqual(clip([-5, 0.4], panel()), [-1, 0.4]);
  assert.deepEqual(clip([9, 1.4], panel()), [3, 1]);
});
