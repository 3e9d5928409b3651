// The page's side of the worker: one Python, started when first needed, stopped when asked.
import { explain, obstacle } from "./explain.js";

export class EngineError extends Error {}

export class Engine extends EventTarget {
  // base: address of live/; packs: what this page is going to import
  constructor(base, packs) {
    super();
    this.base = base;
    this.packs = packs;
    this.state = "off"; // off | starting | ready | failed
    this.waiting = new Map(); // message id -> resolve
    this.sequence = 0;
    this.marks = {}; // times, for the benchmark
  }

  // Resolves when Python answers; rejects with an EngineError that carries a sentence for the reader.
  start() {
    this.started ??= this.launch().catch((error) => {
      this.end("failed");
      throw error;
    });
    return this.started;
  }

  async launch() {
    const reason = obstacle();
    if (reason) throw new EngineError(explain(reason));
    this.change("starting");
    this.marks.start = performance.now();
    // Started from a blob: address the worker inherits the page's content security policy, so that nothing
    // a cell runs can reach another host; started by its own address it would have none.
    const code = new Blob([`import ${JSON.stringify(new URL("worker.js", this.base).href)};`], { type: "text/javascript" });
    const address = URL.createObjectURL(code);
    try {
      this.worker = new Worker(address, { type: "module" });
    } catch {
      throw new EngineError(explain("worker"));
    }
    if (self.crossOriginIsolated) this.interrupt = new Uint8Array(new SharedArrayBuffer(1));
    await new Promise((resolve, reject) => {
      this.abort = reject;
      this.worker.onerror = (event) => {
        event.preventDefault();
        if (this.state === "starting") reject(new EngineError(explain(navigator.onLine ? "worker" : "network", event.message)));
        else this.fail("other");
      };
      this.worker.onmessage = ({ data }) => {
        if (data.type === "ready") resolve();
        else if (data.type === "failed" && this.state === "starting") {
          console.error("Python did not start:", data.detail);
          reject(new EngineError(explain(data.reason, data.file)));
        } else this.receive(data);
      };
      this.worker.postMessage({ type: "start", packs: this.packs, interrupt: this.interrupt });
    }).finally(() => URL.revokeObjectURL(address));
    this.marks.ready = performance.now();
    this.change("ready");
  }

  receive(data) {
    if (data.type === "idle") {
      this.waiting.get(data.id)?.(data);
      this.waiting.delete(data.id);
    } else if (data.type === "failed") {
      console.error("Python failed:", data.detail);
      if (data.reason === "network" || data.reason === "missing" || data.reason === "altered")
        this.emit("trouble", { text: explain(data.reason, data.file) }); // a package or a stored file; Python itself is well
      else this.fail(data.reason);
    } else this.emit(data.type, data); // progress, note, output, comm; trouble, above
  }

  // A message to the kernel; resolves with its answer, or with {ok: false, ended: true} when Python is ended.
  post(message, transfer = []) {
    const id = ++this.sequence;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.worker.postMessage({ ...message, id }, transfer);
    });
  }

  // Stop what runs.  With a shared buffer Python is interrupted and keeps its variables; without one, or if it
  // does not react within a second, the worker is ended.  Resolves with whether the variables are still there.
  async stop() {
    if (this.state === "ready" && this.interrupt) {
      this.interrupt[0] = 2;
      const before = [...this.waiting.keys()];
      for (let tries = 0; tries < 18; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        if (!before.some((id) => this.waiting.has(id))) return true;
      }
    }
    this.end("off");
    return false;
  }

  fail(reason) {
    this.end("failed");
    this.emit("note", { text: explain(reason) });
  }

  end(state) {
    this.worker?.terminate();
    this.worker = this.started = this.interrupt = undefined;
    this.abort?.(new EngineError("Python was stopped."));
    this.abort = undefined;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    this.change(state);
    this.emit("ended");
    for (const resolve of waiting) resolve({ ok: false, ended: true });
  }

  change(state) {
    this.state = state;
    this.emit("state");
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
