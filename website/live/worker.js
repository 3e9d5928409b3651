// The worker half of a page's Python: starts the engine, hands cells and widget messages to the kernel
// (kernel/live_kernel), passes on what it posts.  Messages in: start, execute, comm, complete.  Out: progress,
// ready, failed, note, output, comm, idle (one for each message in that carries an id).
import { base, bytesNow, bytesOf, EngineFailure, expect, fetchManifest, manifest, pyodideIsWhole, report } from "./files.js";

const SITE_PACKAGES = "/lib/python3.14/site-packages";
const FIRST = ["packs/kernel.zip", "packs/book.zip", "packs/numpy.zip"]; // with these a cell can run
const DIGITS = "data/mnist.npz";
const I_O_ERROR = 29; // the number that the file system of Python in the browser has for it
let python, kernel, stopSign; // stopSign: shared memory in which the page asks Python to stop

// ---- packs: zips of packages ----

const arriving = new Map(); // pack -> promise of its bytes
const installed = new Set();

function withNeeds(packs, seen = new Set()) {
  for (const name of packs) {
    if (!seen.has(name) && manifest.packs[name]) {
      withNeeds(manifest.packs[name].needs, seen);
      seen.add(name);
    }
  }
  return [...seen];
}

function unpack(buffer, target = SITE_PACKAGES) {
  python.unpackArchive(buffer, "zip", { extractDir: target });
}

// Called by the kernel in the middle of an import.
function installNow(name) {
  for (const pack of withNeeds([name])) {
    if (installed.has(pack)) continue;
    try {
      unpack(bytesNow(manifest.packs[pack].file));
    } catch (error) {
      if (error.reason === "network") throw new Error(`${pack} could not be fetched: is there a network? Run the cell again.`);
      throw new Error(`${pack} could not be fetched whole from this site. Run the cell again, or reload the page.`);
    }
    installed.add(pack);
  }
}

// All packs this page was started with.  What could not be fetched is fetched anew when this is called again.
async function installRest() {
  for (const [pack, bytes] of arriving) {
    let buffer;
    try {
      buffer = await (bytes ?? bytesOf(manifest.packs[pack].file));
    } catch (error) {
      arriving.set(pack, null);
      throw error;
    }
    arriving.delete(pack);
    if (installed.has(pack)) continue;
    python.setInterruptBuffer(undefined); // Stop is meant for the cell that waits, and finds it a moment later
    try {
      unpack(buffer);
      installed.add(pack);
      python.pyimport("live_kernel.main").warm([pack]);
    } finally {
      python.setInterruptBuffer(stopSign);
    }
  }
}

// ---- data/: there by name and size from the start; the bytes come when Python opens a file, or when it is idle ----

const absent = new Map(); // file -> its node in the file system

function list(file) {
  const path = `/book/${file}`;
  python.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
  python.FS.writeFile(path, "");
  const { node } = python.FS.lookupPath(path);
  node.usedBytes = manifest.files[file].size;
  node.stream_ops = { ...node.stream_ops, open: () => fillNow(file) };
  absent.set(file, node);
}

function fill(file, buffer) {
  const node = absent.get(file);
  if (!node) return; // opened in the meantime
  node.contents = new Uint8Array(buffer);
  node.usedBytes = buffer.byteLength;
  absent.delete(file);
}

function fillNow(file) {
  if (absent.get(file)?.usedBytes === 0) absent.delete(file); // emptied, to be written anew
  if (!absent.has(file)) return;
  try {
    fill(file, bytesNow(file));
  } catch (error) {
    postMessage(failure(error));
    throw new python.FS.ErrnoError(I_O_ERROR);
  }
}

// One after the other, so that a page goes on computing when the network goes.  Not all of MNIST, which is large.
async function fetchWhileIdle() {
  if (navigator.connection?.saveData) return;
  for (const file of [...absent.keys()].filter((name) => name !== DIGITS)) fill(file, await bytesOf(file));
}

// ---- messages ----

// Kernel -> page: JSON text and buffers, which are copied out of Python's memory and transferred.
function post(text, buffers) {
  const message = JSON.parse(text);
  const transfer = [];
  if (buffers.length) {
    message.buffers = [];
    for (const buffer of buffers) {
      const view = buffer.getBuffer?.("u8");
      const copy = view ? view.data.slice() : new Uint8Array(buffer);
      view?.release();
      buffer.destroy?.();
      message.buffers.push(copy.buffer);
      transfer.push(copy.buffer);
    }
  }
  buffers.destroy?.();
  postMessage(message, transfer);
}

async function start({ packs, interrupt }) {
  await fetchManifest();
  const wanted = withNeeds(["numpy", ...packs]);
  const all = [...new Set([...FIRST, ...wanted.map((name) => manifest.packs[name].file)])];
  expect([...all, "pyodide/pyodide.asm.wasm", "pyodide/python_stdlib.zip", "pyodide/pyodide-lock.json"]);
  const first = FIRST.map(bytesOf);
  for (const name of wanted.slice(1)) arriving.set(name, bytesOf(manifest.packs[name].file));
  for (const arrival of [...first, ...arriving.values()]) arrival.catch(() => {}); // awaited below; silent until then
  const { loadPyodide } = await import(base + "pyodide/pyodide.mjs").catch(() => {
    throw new EngineFailure("missing", "pyodide/pyodide.mjs");
  });
  python = await loadPyodide({
    indexURL: base + "pyodide/",
    stdout: (line) => console.log(line),
    stderr: (line) => console.warn(line),
  });
  const [kernelZip, bookZip, numpyZip] = await Promise.all(first);
  await pyodideIsWhole();
  report();
  unpack(kernelZip);
  unpack(bookZip, "/book");
  unpack(numpyZip);
  installed.add("numpy");
  for (const file of Object.keys(manifest.files)) if (file.startsWith("data/")) list(file);
  stopSign = interrupt;
  python.setInterruptBuffer(stopSign);
  const main = python.pyimport("live_kernel.main");
  main.start(post, manifest.packs, installNow);
  main.warm(["numpy"]);
  kernel = {
    cells: python.pyimport("live_kernel.cells"),
    comms: python.pyimport("live_kernel.comms"),
  };
  postMessage({ type: "ready" });
  setTimeout(becomeComplete, 50); // a cell that has been waiting comes first
}

function becomeComplete() {
  queue = queue
    .then(installRest)
    .then(() => void fetchWhileIdle().catch((error) => console.info("Not fetched ahead of time:", error.message)))
    .catch((error) => console.info("Not fetched ahead of time:", error.message)); // a cell that needs it will say so
}

// What a cell is going to ask for is fetched before it runs, with progress.
async function fetchFor(source) {
  if (/^\s*(from|import)\s+(?!numpy\b)/m.test(source)) await installRest();
  if (!/\bmnist\(\)/.test(source) || !absent.has(DIGITS)) return;
  expect([DIGITS]);
  fill(DIGITS, await bytesOf(DIGITS));
}

async function handle(message) {
  switch (message.type) {
    case "execute":
      await fetchFor(message.source);
      if (stopSign?.[0]) {
        stopSign[0] = 0; // stopped before it began
        return { ok: false };
      }
      return { ok: await kernel.cells.execute(message.source, message.cell, message.name) };
    case "comm": {
      const buffers = python.toPy(message.buffers.map((buffer) => new Uint8Array(buffer)));
      try {
        kernel.comms.receive(JSON.stringify(message.message), buffers);
      } finally {
        buffers.destroy?.();
      }
      return {};
    }
    case "complete": {
      const answer = kernel.cells.complete(message.source, message.position);
      const [from, names] = answer.toJs();
      answer.destroy();
      return { from, names };
    }
    default:
      throw new Error(`the worker knows no message "${message.type}"`);
  }
}

function failure(error) {
  const memory = /memory|Out of bounds|allocation/i.test(String(error)) && !(error instanceof EngineFailure);
  return { type: "failed", reason: error.reason ?? (memory ? "memory" : "other"), file: error.file, detail: `${error.message ?? error}\n${error.stack ?? ""}` };
}

let queue;
onmessage = ({ data: message }) => {
  if (message.type === "start") {
    queue = start(message);
    queue.catch((error) => postMessage(failure(error)));
    return;
  }
  queue = queue
    .then(() => handle(message))
    .then(
      (answer) => postMessage({ type: "idle", id: message.id, ...answer }),
      (error) => {
        // Python itself broke (out of memory, say), or the digits did not arrive: the page decides what to say
        postMessage(message.type === "execute" || error.pyodide_fatal_error ? failure(error) : { type: "note", text: String(error) });
        postMessage({ type: "idle", id: message.id, ok: false });
      },
    );
};
