// The worker half of a page's Python: loads the engine, hands cells and widget messages to the kernel
// (kernel/live_kernel), passes on what it posts.  Messages in: start, execute, comm, complete.  Out: progress,
// ready, failed, output, comm, idle (one for each message in that carries an id).
const base = new URL("./", import.meta.url).href;
const SITE_PACKAGES = "/lib/python3.14/site-packages";
let manifest, python, kernel;
let expected = 0;
const received = new Map(); // file -> bytes so far

class EngineFailure extends Error {
  constructor(reason, file) {
    super(`${reason}: ${file}`);
    this.reason = reason; // "network" | "missing" | "altered"
    this.file = file;
  }
}

const plainFetch = self.fetch.bind(self);
// Pyodide fetches its own files; counted and checked like the rest.
self.fetch = (resource, options) => {
  const url = String(resource?.url ?? resource);
  const file = url.startsWith(base) ? url.slice(base.length).split("?")[0] : null;
  if (!file || !manifest?.files[file]) return plainFetch(resource, options);
  return download(file).then(({ response, checked }) => {
    checks.push(checked);
    return response;
  });
};

const checks = []; // of Pyodide's own files

// A file of the engine as a Response.  Its bytes are counted for the progress line and hashed on the side, so
// that the browser can compile WebAssembly while it arrives; `checked` settles when all of it has been seen.
async function download(file, cache = "default") {
  const query = file.startsWith("pyodide/") ? "" : `?v=${manifest.files[file].sha256.slice(0, 12)}`;
  let response;
  try {
    response = await plainFetch(base + file + query, { cache });
  } catch {
    throw new EngineFailure("network", file);
  }
  if (!response.ok) throw new EngineFailure("missing", file);
  const checked = check(file, response.clone());
  checked.catch(() => {}); // awaited later
  return { response, checked };
}

async function check(file, response) {
  const { size, sha256 } = manifest.files[file];
  const bytes = new Uint8Array(size);
  let length = 0;
  try {
    const reader = response.body.getReader();
    for (let part; !(part = await reader.read()).done; ) {
      if (length + part.value.length > size) throw new EngineFailure("altered", file);
      bytes.set(part.value, length);
      length += part.value.length;
      received.set(file, length);
      report();
    }
  } catch (error) {
    throw error instanceof EngineFailure ? error : new EngineFailure("network", file);
  }
  if (length !== size || (await differs(bytes, sha256))) throw new EngineFailure("altered", file);
}

async function differs(bytes, sha256) {
  if (!self.crypto?.subtle) return false; // plain http on a named host: the size has been compared
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") !== sha256;
}

let reported = 0;
function report(force) {
  const now = performance.now();
  if (!force && now - reported < 60) return;
  reported = now;
  let loaded = 0;
  for (const bytes of received.values()) loaded += bytes;
  postMessage({ type: "progress", loaded, total: expected });
}

// A damaged copy may come from a cache: it is asked for once more, past all caches.
async function bytesOf(file) {
  const { response, checked } = await download(file);
  const bytes = response.arrayBuffer();
  try {
    await checked;
    return await bytes;
  } catch (error) {
    if (error.reason !== "altered") throw error;
    const again = await download(file, "reload");
    const second = again.response.arrayBuffer();
    await again.checked;
    return await second;
  }
}

function withNeeds(packs, seen = new Set()) {
  for (const name of packs) {
    if (!seen.has(name) && manifest.packs[name]) {
      withNeeds(manifest.packs[name].needs, seen);
      seen.add(name);
    }
  }
  return [...seen];
}

const installed = new Set();
function unpack(buffer, target = SITE_PACKAGES) {
  python.unpackArchive(buffer, "zip", { extractDir: target });
}

// Called by the kernel in the middle of an import: the one place where a request has to be synchronous.
function fetchPackNow(name) {
  for (const pack of withNeeds([name])) {
    if (installed.has(pack)) continue;
    const { file } = manifest.packs[pack];
    postMessage({ type: "note", text: `fetching ${pack} (${megabytes(manifest.files[file].size)})` });
    const request = new XMLHttpRequest();
    request.open("GET", `${base}${file}?v=${manifest.files[file].sha256.slice(0, 12)}`, false);
    request.responseType = "arraybuffer";
    try {
      request.send();
    } catch {
      throw new Error(`${pack} could not be fetched: is there a network? Run the cell again.`);
    }
    if (request.status !== 200 || request.response.byteLength !== manifest.files[file].size) {
      throw new Error(`${pack} could not be fetched whole from this site. Run the cell again, or reload the page.`);
    }
    unpack(request.response);
    installed.add(pack);
  }
}
const megabytes = (size) => `${(size / 1e6).toFixed(1)} MB`;

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
  const response = await plainFetch(base + "manifest.json", { cache: "no-cache" }).catch(() => {
    throw new EngineFailure("network", "manifest.json");
  });
  if (!response.ok) throw new EngineFailure("missing", "manifest.json");
  manifest = await response.json();
  const wanted = withNeeds(packs);
  const files = ["packs/kernel.zip", "packs/book.zip", ...wanted.map((name) => manifest.packs[name].file)];
  const all = [...files, "pyodide/pyodide.asm.wasm", "pyodide/python_stdlib.zip", "pyodide/pyodide-lock.json"];
  expected = all.reduce((sum, file) => sum + manifest.files[file].size, 0);
  report(true);
  const arrivals = files.map(bytesOf);
  arrivals.forEach((arrival) => arrival.catch(() => {})); // awaited below; silent until then
  const { loadPyodide } = await import(base + "pyodide/pyodide.mjs").catch(() => {
    throw new EngineFailure("missing", "pyodide/pyodide.mjs");
  });
  python = await loadPyodide({
    indexURL: base + "pyodide/",
    stdout: (line) => console.log(line),
    stderr: (line) => console.warn(line),
  });
  const buffers = await Promise.all(arrivals);
  await Promise.all(checks);
  report(true);
  unpack(buffers[0]);
  unpack(buffers[1], "/book");
  wanted.forEach((name, index) => {
    unpack(buffers[index + 2]);
    installed.add(name);
  });
  if (interrupt) python.setInterruptBuffer(interrupt);
  const main = python.pyimport("live_kernel.main");
  main.start(post, manifest.packs, fetchPackNow);
  main.warm(wanted);
  kernel = {
    cells: python.pyimport("live_kernel.cells"),
    comms: python.pyimport("live_kernel.comms"),
  };
  postMessage({ type: "ready" });
}

// The whole of MNIST is fetched when a cell asks for it, with progress; nnlib then finds it at its usual place.
async function fetchData(source) {
  const place = "/book/data/mnist.npz";
  if (!/\bmnist\(\)/.test(source) || python.FS.analyzePath(place).exists || !manifest.files["data/mnist.npz"]) return;
  received.clear();
  expected = manifest.files["data/mnist.npz"].size;
  const buffer = await bytesOf("data/mnist.npz");
  python.FS.mkdirTree("/book/data");
  python.FS.writeFile(place, new Uint8Array(buffer));
}

async function handle(message) {
  switch (message.type) {
    case "execute":
      await fetchData(message.source);
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
