// The engine's files: fetched, counted for the progress line, and checked against the manifest.
export const base = new URL("./", import.meta.url).href;
export const megabytes = (size) => `${(size / 1e6).toFixed(1)} MB`;
export let manifest; // files: name -> {size, sha256}; packs: name -> {file, modules, needs}

export class EngineFailure extends Error {
  constructor(reason, file) {
    super(`${reason}: ${file}`);
    this.reason = reason; // "network" | "missing" | "altered"
    this.file = file;
  }
}

const plainFetch = self.fetch.bind(self);
const checks = []; // of the files that Pyodide fetches for itself

self.fetch = (resource, options) => {
  const url = String(resource?.url ?? resource);
  const file = url.startsWith(base) ? url.slice(base.length).split("?")[0] : null;
  if (!file || !manifest?.files[file]) return plainFetch(resource, options);
  return download(file).then(({ response, checked }) => {
    checks.push(checked);
    return response;
  });
};

export const pyodideIsWhole = () => Promise.all(checks);

export async function fetchManifest() {
  const response = await plainFetch(base + "manifest.json", { cache: "no-cache" }).catch(() => {
    throw new EngineFailure("network", "manifest.json");
  });
  if (!response.ok) throw new EngineFailure("missing", "manifest.json");
  manifest = await response.json();
}

const address = (file) => base + file + (file.startsWith("pyodide/") ? "" : `?v=${manifest.files[file].sha256.slice(0, 12)}`);

// A file of the engine as a Response.  Its bytes are counted and hashed on the side, so that the browser can compile
// WebAssembly while it arrives; `checked` settles when all of it has been seen.
async function download(file, cache = "default") {
  let response;
  try {
    response = await plainFetch(address(file), { cache });
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
      count(file, length);
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

// A damaged copy may come from a cache: it is asked for once more, past all caches.
export async function bytesOf(file) {
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

// The same while Python waits in the middle of an import or of open(): there the request has to be synchronous.
export function bytesNow(file) {
  const { size } = manifest.files[file];
  postMessage({ type: "note", text: `Fetching ${file.split("/").pop()} (${megabytes(size)}) …` });
  const request = new XMLHttpRequest();
  request.open("GET", address(file), false);
  request.responseType = "arraybuffer";
  try {
    request.send();
  } catch {
    throw new EngineFailure("network", file);
  }
  if (request.status !== 200) throw new EngineFailure("missing", file);
  if (request.response.byteLength !== size) throw new EngineFailure("altered", file);
  return request.response;
}

// ---- the progress line: of the files that something waits for ----

const received = new Map(); // file -> bytes so far
let reported = 0;

export function expect(files) {
  received.clear();
  for (const file of files) received.set(file, 0);
  report();
}

function count(file, length) {
  if (!received.has(file)) return; // nobody waits for it
  received.set(file, length);
  if (performance.now() - reported > 60) report();
}

export function report() {
  reported = performance.now();
  let loaded = 0;
  let total = 0;
  for (const [file, bytes] of received) {
    loaded += bytes;
    total += manifest.files[file].size;
  }
  postMessage({ type: "progress", loaded, total });
}
