// What makes a chapter compute.  The page's data (cells, what each needs, which packs) is in #live-data.
import { button, Cell } from "./cell.js";
import { Engine, EngineError } from "./engine.js";
import { explain, obstacle } from "./explain.js";
import { downloadNotebook } from "./notebook.js";

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

// Opens what is folded around a node: solutions, and details.
function unfold(node) {
  for (let shut = node; (shut = shut.parentElement?.closest(".toggle-hidden, details:not([open])")); ) {
    if (shut.tagName === "DETAILS") shut.open = true;
    else shut.querySelector(".toggle-button")?.click();
  }
}

class Page {
  constructor(data) {
    this.data = data;
    this.root = new URL(data.root, location.href).href;
    this.base = new URL("live/", this.root).href;
    this.scripts = new Map();
    this.chain = Promise.resolve();
    this.generation = 0;
    this.early = []; // comm messages that came before the widget manager
    this.engine = new Engine(this.base, data.packs);
    this.services = { markdown: (text) => this.markdown(text), typeset: (node) => this.typeset(node), showWidget: () => {} };
    const nodes = new Map();
    for (const node of document.querySelectorAll("div.cell[class*='live-cell-']")) nodes.set(Number(/live-cell-(\d+)/.exec(node.className)[1]), node);
    this.cells = data.cells.map((cell, position) => new Cell({ ...cell, number: position + 1 }, nodes.get(cell.index) ?? null, this));
    this.byIndex = new Map(this.cells.map((cell) => [cell.index, cell]));
    this.addBar();
    this.listen();
    this.showStored();
    if (document.readyState === "complete") this.keepOffline();
    else addEventListener("load", () => this.keepOffline());
  }

  // What this page is made of is kept for reading without a network; Python's parts, once they were fetched.
  async keepOffline() {
    if (!navigator.serviceWorker || obstacle() === "file") return;
    try {
      await navigator.serviceWorker.register(this.root + "sw.js", { scope: this.root });
      const registration = await navigator.serviceWorker.ready;
      const keep = [location.href.split("#")[0], ...performance.getEntriesByType("resource").map((entry) => entry.name)];
      navigator.serviceWorker.addEventListener("message", () => (document.documentElement.dataset.liveKept = "yes"));
      const tell = (worker) => worker.postMessage({ keep: keep.filter((url) => !url.endsWith("/sw.js")) });
      navigator.serviceWorker.addEventListener("controllerchange", () => tell(navigator.serviceWorker.controller));
      tell(registration.active);
    } catch (error) {
      console.info("Not kept for offline use:", error.message);
    }
  }

  listen() {
    const engine = this.engine;
    engine.addEventListener("state", () => this.status());
    engine.addEventListener("progress", ({ detail }) => {
      this.loaded = detail;
      this.status();
    });
    engine.addEventListener("note", ({ detail }) => this.say(detail.text));
    engine.addEventListener("trouble", ({ detail }) => {
      this.cells.find((cell) => cell.state === "running")?.say(detail.text);
      this.say(detail.text);
    });
    engine.addEventListener("output", ({ detail }) => this.byIndex.get(detail.cell)?.show(detail.output));
    engine.addEventListener("comm", ({ detail }) => (this.live ? this.live.receive(detail) : this.early.push(detail)));
    engine.addEventListener("ended", () => {
      this.generation++;
      this.chain = Promise.resolve();
      this.live = undefined;
      this.early = [];
      this.services = { ...this.services, showWidget: () => {}, dropWidgets: undefined };
      for (const cell of this.cells) cell.ended();
    });
  }

  // ---- loading ----

  script(name) {
    if (!this.scripts.has(name)) {
      const loading = new Promise((resolve, reject) => {
        const node = document.createElement("script");
        node.src = this.base + name + this.data.version;
        node.onload = resolve;
        node.onerror = () => {
          this.scripts.delete(name);
          reject(new EngineError(explain(navigator.onLine ? "missing" : "network", name)));
        };
        document.head.append(node);
      });
      this.scripts.set(name, loading);
    }
    return this.scripts.get(name);
  }

  async widgets() {
    if (!this.styled) {
      this.styled = document.createElement("link");
      this.styled.rel = "stylesheet";
      this.styled.href = this.base + "widgets.css" + this.data.version;
      document.head.append(this.styled);
    }
    await this.script("widgets.js");
    return globalThis.liveWidgets;
  }

  async markdown(text) {
    await this.script("markdown.js");
    return globalThis.liveMarkdown(text);
  }

  async typeset(node) {
    if (!/\$|\\\(|\\\[|\\begin/.test(node.textContent)) return;
    node.classList.add("mathjax_process", "tex2jax_process");
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    for (let text; (text = texts.nextNode()); ) {
      if (text.parentNode.closest("pre, code")) continue;
      text.data = text.data.replace(/\$\$([\s\S]+?)\$\$/g, "\\[$1\\]").replace(/(?<!\\)\$([^$\n]+?)\$/g, "\\($1\\)");
    }
    if (!globalThis.MathJax) {
      globalThis.MathJax = { options: { processHtmlClass: "mathjax_process" } };
      const script = document.createElement("script");
      script.src = this.root + this.data.mathjax;
      document.head.append(script);
      await new Promise((resolve) => (script.onload = script.onerror = resolve));
    }
    await globalThis.MathJax.startup?.promise;
    await globalThis.MathJax.typesetPromise?.([node]);
  }

  // ---- running ----

  async started() {
    const needsManager = this.data.packs.includes("widgets");
    const manager = needsManager ? this.widgets() : null;
    manager?.catch(() => {}); // reported below
    await this.engine.start();
    if (needsManager && !this.live) {
      const { LiveManager } = await manager;
      if (this.live || this.engine.state !== "ready") return;
      const post = (message, buffers) =>
        this.engine.state === "ready" ? this.engine.post({ type: "comm", message, buffers }, buffers) : Promise.resolve({ ended: true });
      this.live = new LiveManager(this.services, post);
      this.services = this.live.services;
      for (const message of this.early.splice(0)) this.live.receive(message);
    }
  }

  // The cells that have to run before `cell` can: what its names come from, and have not been run yet.
  // Where the reader has edited something above, that can no longer be known, and all cells above are run.
  unmet(cell) {
    const above = this.cells.filter((other) => other.index < cell.index);
    const edited = above.some((other) => other.edited);
    const needed = edited ? above.filter((other) => !other.long || cell.needs.includes(other.index)) : above.filter((other) => cell.needs.includes(other.index));
    return needed.filter((other) => other.state !== "done");
  }

  // Run a cell after what it needs; resolves with whether it ended well.
  run(cell, options) {
    return this.queue([...this.unmet(cell), cell], cell, options);
  }

  runAndMove(cell) {
    this.run(cell);
    this.cells.find((other) => other.index > cell.index && other.input)?.focus();
  }

  runAbove(cell) {
    return this.queue(this.cells.filter((other) => other.index < cell.index));
  }

  runAll() {
    return this.queue(this.cells);
  }

  queue(cells, wanted, options = {}) {
    const generation = this.generation;
    for (const cell of cells) if (cell.state !== "running") cell.mark("queued");
    const job = async () => {
      try {
        await this.started();
      } catch (error) {
        if (!(error instanceof EngineError)) console.error(error);
        for (const cell of cells) {
          if (cell.state === "queued") cell.mark("idle");
        }
        (wanted ?? cells[0])?.say(error.message);
        this.say(error.message);
        return false;
      }
      for (const cell of cells) {
        if (generation !== this.generation) return false;
        if (cell.long && !(await this.ask(cell))) {
          cell.mark("idle");
          continue;
        }
        const ok = await this.execute(cell, cell === wanted ? options : {});
        if (generation !== this.generation) return false; // stopped: what is said about that stays
        if (!ok && cell !== cells.at(-1) && !cell.tags.includes("raises-exception")) {
          // the first error ends the run, as in Jupyter
          for (const rest of cells) if (rest.state === "queued") rest.mark("idle");
          if (wanted && wanted !== cell) wanted.say(`Cell ${cell.number}, which this one needs, ended with an error.`);
          this.say(`Cell ${cell.number} ended with an error.`);
          return false;
        }
      }
      this.status();
      return (wanted ?? cells.at(-1))?.state === "done";
    };
    const result = this.chain.then(() => generation === this.generation && job());
    this.chain = result.catch((error) => console.error(error));
    return result;
  }

  async execute(cell, { hold = false } = {}) {
    cell.mark("running");
    cell.say("");
    this.say(`Running cell ${cell.number} …`);
    cell.beginOutput(this.services, hold || Boolean(cell.stored?.querySelector(".widget")));
    const source = cell.source;
    const answer = await this.engine.post({ type: "execute", cell: cell.index, name: `Cell ${cell.number}`, source });
    if (answer.ended) return false;
    await this.handsOff(cell);
    cell.finishOutput();
    if (source === cell.source) cell.mark(answer.ok ? "done" : "error");
    await this.replayTouches(cell);
    return answer.ok;
  }

  // A long cell asks first.
  ask(cell) {
    if (!cell.node) return Promise.resolve(false);
    unfold(cell.node); // a question in a closed solution would be waited for in vain
    return new Promise((resolve) => {
      const box = document.createElement("div");
      box.className = "live-ask";
      box.setAttribute("role", "group");
      box.append("This cell is long: here, in the browser, it may take minutes. You can stop it at any time. ");
      const answer = (value) => {
        box.remove();
        this.cancelAsk = undefined;
        resolve(value);
      };
      box.append(button("Run it", "", () => answer(true)), " ", button("Leave its stored result", "", () => answer(false)));
      this.cancelAsk = () => answer(false);
      (cell.input ?? cell.output).after(box);
      this.say(`Cell ${cell.number} is long: run it?`);
      box.scrollIntoView({ block: "nearest" });
    });
  }

  async complete(source, position) {
    if (this.engine.state !== "ready") return null;
    return this.engine.post({ type: "complete", source, position });
  }

  // ---- stored widgets: shown at once, awake at the first touch ----

  async showStored() {
    const views = document.querySelectorAll("script[type='application/vnd.jupyter.widget-view+json']");
    if (!views.length) return;
    const places = [...views].map((view) => {
      const place = document.createElement("div");
      place.className = "output widget widget-subarea";
      place.dataset.model = JSON.parse(view.textContent).model_id;
      view.replaceWith(place);
      const node = place.closest("div.cell[class*='live-cell-']");
      const cell = node && this.cells.find((other) => other.node === node);
      if (cell) this.prepare(cell, place);
      return place;
    });
    const state = document.querySelector("script[type='application/vnd.jupyter.widget-state+json']");
    try {
      const { StoredManager } = await this.widgets();
      this.stored = new StoredManager(this.services, state ? JSON.parse(state.textContent).state : {}, (message) => this.record(message));
      await this.stored.ready;
      await Promise.all(places.map((place) => this.stored.show(place.dataset.model, place)));
      document.documentElement.dataset.liveStored = "shown";
    } catch (error) {
      for (const place of places) place.textContent = error.message;
    }
  }

  prepare(cell, place) {
    if (cell.hint) return;
    cell.touches = [];
    cell.hint = document.createElement("div");
    cell.hint.className = "live-hint";
    cell.hint.setAttribute("role", "status");
    const reason = obstacle();
    cell.hint.textContent = reason ? explain(reason) : "Stored result. Touch it: Python starts in your browser and computes.";
    place.before(cell.hint);
    if (reason) return;
    const area = cell.stored;
    const touched = (event) => {
      if (event.type === "keydown" && (event.key === "Tab" || event.key === "Shift" || event.metaKey || event.ctrlKey || event.altKey)) return;
      if (event.target.closest(".live-hint")) return;
      this.wake(cell);
    };
    for (const type of ["pointerdown", "keydown", "change"]) area.addEventListener(type, touched, { capture: true });
    this.warmNear(area);
  }

  record(message) {
    const cell = this.cells.find((other) => other.touches && other.waking);
    cell?.touches.push(message);
  }

  async wake(cell) {
    if (cell.waking) return;
    cell.waking = true;
    this.engine.marks.touch ??= performance.now();
    const progress = () => {
      if (!cell.waking) return;
      const { loaded, total } = this.loaded ?? {};
      cell.hint.textContent =
        this.engine.state === "ready" ? "Computing …" : `Starting Python in your browser${total ? `: ${megabytes(loaded)} of ${megabytes(total)} MB` : ""} …`;
    };
    progress();
    for (const type of ["state", "progress"]) this.engine.addEventListener(type, progress);
    const ok = await this.run(cell, { hold: true });
    for (const type of ["state", "progress"]) this.engine.removeEventListener(type, progress);
    cell.waking = false;
    if (!ok) {
      cell.touches = [];
      cell.hint.textContent = `This widget could not be started. ${this.bar.dataset.note ?? ""} Touch it to try again.`;
    } else {
      cell.hint.textContent = "Stored result. Touch it: Python starts in your browser and computes.";
      this.engine.marks.live = performance.now();
    }
  }

  // The stored widget is not taken away while a finger or a mouse button is down on it.
  async handsOff(cell) {
    while (cell.waking && this.pressed) await new Promise((resolve) => setTimeout(resolve, 30));
  }

  async replayTouches(cell) {
    const touches = cell.touches?.splice(0) ?? [];
    if (!cell.waking || !this.stored || !this.live) return;
    const ids = (node) => [...node.querySelectorAll(".output.widget[data-model]")].map((place) => place.dataset.model);
    const live = ids(cell.output);
    const roots = ids(cell.stored).map((id, index) => [id, live[index]]).filter(([, id]) => id); // prettier-ignore
    const focusable = "button, input, select, textarea, [tabindex='0']";
    const position = cell.stored.contains(document.activeElement) || cell.focused === undefined ? [...cell.stored.querySelectorAll(focusable)].indexOf(document.activeElement) : cell.focused;
    await globalThis.liveWidgets.replay(this.stored, this.live, roots, touches);
    await new Promise((resolve) => setTimeout(resolve)); // views attach
    if (position >= 0) cell.output.querySelectorAll(focusable)[position]?.focus();
    cell.focused = undefined;
  }

  // Start Python when a widget comes near, on lines that are fast and free.
  warmNear(area) {
    const line = navigator.connection;
    const cheap = line && !line.saveData && line.type !== "cellular" && line.effectiveType === "4g";
    const warm = () => this.engine.state === "off" && this.started().catch(() => {});
    area.addEventListener("pointerenter", warm, { once: true });
    area.addEventListener("focusin", warm, { once: true });
    if (!cheap || this.data.warm === false) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        warm();
      },
      { rootMargin: "300px" },
    );
    observer.observe(area);
  }

  // ---- the bar ----

  addBar() {
    const bar = (this.bar = document.createElement("div"));
    bar.className = "live-bar";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Python on this page");
    this.note = document.createElement("span");
    this.note.className = "live-note";
    this.note.setAttribute("role", "status");
    this.meter = document.createElement("progress");
    this.meter.hidden = true;
    this.meter.setAttribute("aria-label", "Python being fetched");
    this.stopButton = button("■ Stop", "Stop what runs", () => this.stop());
    this.restartButton = button("Restart", "Forget all variables and start Python anew", () => this.restart());
    const more = document.createElement("details");
    more.className = "live-more";
    const summary = document.createElement("summary");
    summary.textContent = "More";
    more.append(summary, button("Download as notebook", "This chapter with your edits, for Jupyter", () => this.download()), button("Reset all edits", "Every cell back to the printed code", () => this.resetAll()));
    bar.append(this.note, this.meter, button("Run all", "Run every cell of this page, in order", () => this.runAll()), this.stopButton, this.restartButton, more);
    (document.querySelector("article.bd-article") ?? document.body).append(bar);
    for (const [type, down] of [["pointerdown", true], ["pointerup", false], ["pointercancel", false]]) // prettier-ignore
      addEventListener(type, () => (this.pressed = down), { capture: true });
    this.status();
  }

  say(text) {
    this.note.textContent = text;
    this.bar.dataset.note = text;
  }

  status() {
    const { state } = this.engine;
    const reason = obstacle();
    this.bar.dataset.state = state;
    this.stopButton.disabled = state !== "ready" && state !== "starting";
    this.restartButton.disabled = state !== "ready";
    this.meter.hidden = state !== "starting";
    if (state === "starting") {
      const { loaded = 0, total = 0 } = this.loaded ?? {};
      this.meter.max = total || 1;
      this.meter.value = loaded;
      this.say(total ? `Starting Python: ${megabytes(loaded)} of ${megabytes(total)} MB` : "Starting Python …");
    } else if (state === "ready") {
      const running = this.cells.find((cell) => cell.state === "running");
      this.say(running ? `Running cell ${running.number} …` : "Python is ready.");
    } else if (reason) this.say(explain(reason));
    else if (state === "off") this.say("Python starts when you run a cell or touch a widget.");
  }

  async stop() {
    this.cancelAsk?.();
    this.generation++;
    for (const cell of this.cells) if (cell.state === "queued") cell.mark("idle");
    this.chain = Promise.resolve();
    this.say("Stopping …");
    const kept = await this.engine.stop();
    this.say(kept ? "Stopped. Variables are kept." : "Stopped. Python was ended and its variables are gone; Run starts it again.");
  }

  async restart() {
    this.engine.end("off");
    this.say("Restarting Python …");
    await this.started().catch((error) => this.say(error.message));
  }

  async download() {
    try {
      const edits = await downloadNotebook(this.root + this.data.notebook, this.cells);
      this.say(edits ? `Notebook saved with ${edits} edited cell${edits > 1 ? "s" : ""}.` : "Notebook saved, as printed.");
    } catch (error) {
      this.say(`The notebook could not be saved: ${error.message}`);
    }
  }

  resetAll() {
    const edited = this.cells.filter((cell) => cell.edited);
    for (const cell of edited) cell.reset();
    this.say(edited.length ? `${edited.length} cell${edited.length > 1 ? "s" : ""} back to the printed code; each has “Undo reset”.` : "No cell was edited.");
  }
}

function begin() {
  const data = document.getElementById("live-data");
  if (data) globalThis.livePage = new Page(JSON.parse(data.textContent));
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
