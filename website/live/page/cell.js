// One code cell on the page: its buttons, its editor, its output, and the reader's edits kept on the device.
import { OutputArea } from "./outputs.js";

const storageKey = (index) => `live:${location.pathname}:${index}`;

export function button(label, title, onClick, className = "") {
  const node = document.createElement("button");
  node.type = "button";
  node.className = `live-button ${className}`;
  node.textContent = label;
  node.title = title;
  node.addEventListener("click", onClick);
  return node;
}

export class Cell {
  // data: {index, number, source, tags, needs}; node: its element on the page, or null for a hidden cell
  constructor(data, node, page) {
    Object.assign(this, data);
    this.printed = this.source = data.source;
    this.node = node;
    this.page = page;
    this.state = "idle"; // idle | queued | running | done | error
    this.long = data.tags.includes("long");
    if (!node) return;
    this.input = node.querySelector(":scope > .cell_input, :scope > details > .cell_input");
    this.stored = node.querySelector(":scope > .cell_output, :scope > details > .cell_output");
    this.output = document.createElement("div");
    this.output.className = "cell_output docutils container live-output";
    this.output.hidden = true;
    this.output.setAttribute("role", "region");
    this.output.setAttribute("aria-label", `Output of cell ${this.number}`);
    if (this.stored) this.stored.after(this.output);
    else node.append(this.output);
    if (this.input) this.addControls();
    this.recall();
  }

  get edited() {
    return this.source !== this.printed;
  }

  addControls() {
    const bar = document.createElement("div");
    bar.className = "live-controls";
    this.runButton = button("▶ Run", "Run this cell, and first what it needs (Shift-Enter)", () => this.page.run(this), "live-run");
    this.editButton = button("Edit", "Edit this cell (Enter, or double-click the code)", () => this.edit(true));
    this.aboveButton = button("Run all above", "Run every cell above this one", () => this.page.runAbove(this));
    this.resetButton = button("Reset", "Back to the printed code", () => this.reset());
    this.undoButton = button("Undo reset", "Put your edit back", () => this.restore());
    this.resetButton.hidden = this.undoButton.hidden = true;
    for (const b of [this.runButton, this.editButton]) b.setAttribute("aria-label", `${b.textContent.replace("▶ ", "")} cell ${this.number}`);
    this.message = document.createElement("span");
    this.message.className = "live-message";
    this.message.setAttribute("role", "status");
    bar.append(this.runButton, this.editButton, this.resetButton, this.undoButton, this.aboveButton, this.message);
    this.input.append(bar);
    this.code = this.input.querySelector("pre");
    this.code.tabIndex = 0;
    this.code.setAttribute("aria-label", `Code of cell ${this.number}: Shift-Enter runs it, Enter edits it`);
    this.code.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (event.shiftKey) this.page.runAndMove(this);
      else if (event.ctrlKey || event.metaKey) this.page.run(this);
      else this.edit(true);
    });
    this.code.addEventListener("dblclick", () => this.edit(true));
  }

  focus() {
    const hidden = this.input?.closest("details:not([open])");
    if (hidden) hidden.querySelector("summary").focus();
    else if (this.editor) this.editor.focus();
    else this.code?.focus();
  }

  async edit(focus) {
    if (this.editor) {
      this.editor.focus();
      return;
    }
    this.say("loading the editor …");
    try {
      await this.page.script("editor.js");
    } catch {
      this.say("The editor could not be loaded: is there a network? Try again.");
      return;
    }
    this.say("");
    if (this.editor) return;
    const shown = this.input.querySelector(":scope > [class*='highlight']");
    const place = document.createElement("div");
    place.className = "live-editor";
    // "/" is typed here; elsewhere on the page it is the theme's shortcut to the search
    place.addEventListener("keydown", (event) => event.stopPropagation());
    shown.after(place);
    shown.hidden = true;
    this.editor = globalThis.liveEditor({
      parent: place,
      source: this.source,
      label: `Code of cell ${this.number}. Shift-Enter runs it. Escape leaves the editor.`,
      onChange: (text) => this.change(text),
      onRun: (andNext) => (andNext ? this.page.runAndMove(this) : this.page.run(this)),
      onLeave: () => this.runButton.focus(),
      complete: (source, position) => this.page.complete(source, position),
    });
    this.editButton.hidden = true;
    if (focus) this.editor.focus();
  }

  // Edits are kept on this device, and survive a new edition of the text: what was printed then is kept with them.
  change(text) {
    this.source = text;
    this.resetButton.hidden = !this.edited;
    this.undoButton.hidden = true;
    this.node.classList.toggle("live-edited", this.edited);
    if (this.state === "done") this.mark("idle");
    try {
      if (this.edited) localStorage.setItem(storageKey(this.index), JSON.stringify({ source: text, printed: this.printed }));
      else localStorage.removeItem(storageKey(this.index));
    } catch {
      this.say("This browser keeps nothing on this page: your edit is lost on reload.");
    }
  }

  recall() {
    let kept;
    try {
      kept = JSON.parse(localStorage.getItem(storageKey(this.index)));
    } catch {
      return;
    }
    if (!kept || !this.input) return;
    this.kept = kept.source;
    if (kept.printed === this.printed) this.restore();
    else {
      this.undoButton.textContent = "Put my edit back";
      this.undoButton.hidden = false;
      this.say("You edited this cell in an earlier edition of the book.");
    }
  }

  async restore() {
    await this.edit(false);
    if (this.editor && this.kept !== undefined) this.write(this.kept);
  }

  reset() {
    this.kept = this.source;
    this.write(this.printed);
    this.undoButton.textContent = "Undo reset";
    this.undoButton.hidden = false;
  }

  write(text) {
    this.editor.dispatch({ changes: { from: 0, to: this.editor.state.doc.length, insert: text } });
  }

  mark(state) {
    this.state = state;
    if (this.node) this.node.dataset.live = state;
    this.runButton?.toggleAttribute("disabled", state === "queued" || state === "running");
  }

  say(text) {
    if (this.message) this.message.textContent = text;
  }

  // A fresh place for outputs.  The old ones stay until something new is there to be seen; a widget's stored
  // state stays until the cell is done (hold), so that it does not vanish under the reader's finger.
  beginOutput(services, hold) {
    if (!this.node) return;
    this.endOutput();
    this.services = services;
    this.hold = hold;
    this.fresh = document.createElement("div");
    this.area = new OutputArea(this.fresh, services);
  }

  show(output) {
    if (!this.node) return;
    if (!this.area) this.beginOutput(this.page.services, false);
    this.area.add(output);
    if (!this.hold) this.swap();
  }

  // Put the new outputs where the old ones were.
  swap() {
    if (!this.fresh || this.fresh.parentNode === this.output) return;
    const old = [...this.output.childNodes];
    this.output.append(this.fresh);
    for (const node of old) {
      this.services.dropWidgets?.(node);
      node.remove();
    }
    this.output.hidden = false;
    if (this.stored) this.stored.hidden = true;
  }

  finishOutput() {
    this.hold = false;
    this.swap();
    if (this.fresh && !this.fresh.childNodes.length && !this.area.items.length) this.output.hidden = true;
  }

  endOutput() {
    this.area = undefined;
  }

  // Python is gone: live widgets fall back to their stored state, other results stay but are marked as old.
  ended() {
    if (this.state !== "idle") this.mark("idle");
    if (!this.node) return;
    this.hold = false;
    const widget = this.output.querySelector(".widget");
    if (widget || this.output.hidden) {
      if (widget) this.services?.dropWidgets?.(this.output);
      this.output.replaceChildren();
      this.output.hidden = true;
      if (this.stored) this.stored.hidden = false;
    }
    this.fresh = this.area = undefined;
  }
}
