// The Jupyter widget manager of a page: the standard models and views, two kinds of connection.
//   stored   widgets as the notebook saved them; what the reader does to them is recorded and starts Python
//   live     widgets that Python opened; messages go to the worker and back
import * as base from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";
import "@jupyter-widgets/controls/css/widgets.css";
import { MessageLoop } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import anywidget from "./anywidget.js";
import { OutputArea } from "./outputs.js";

// The theme's icon script turns every <i> into an <svg>; Play looks for its <i> again whenever it starts or stops.
const { updatePlaying } = controls.PlayView.prototype;
controls.PlayView.prototype.updatePlaying = function () {
  if (!this.playPauseButton.querySelector("i")) this.playPauseButton.replaceChildren(document.createElement("i"));
  updatePlaying.call(this);
};

class OutputModel extends base.DOMWidgetModel {
  defaults() {
    return {
      ...super.defaults(),
      _model_name: "OutputModel",
      _view_name: "OutputView",
      _model_module: "@jupyter-widgets/output",
      _view_module: "@jupyter-widgets/output",
      msg_id: "",
      outputs: [],
    };
  }
}

class OutputView extends base.DOMWidgetView {
  render() {
    super.render();
    this.el.classList.add("jupyter-widget-output", "live-output-widget");
    this.area = new OutputArea(this.el, this.model.widget_manager.services);
    this.area.set(this.model.get("outputs"));
    this.listenTo(this.model, "change:outputs", () => this.area.set(this.model.get("outputs")));
  }
  remove() {
    this.area.clear();
    super.remove();
  }
}

const MODULES = {
  "@jupyter-widgets/base": base,
  "@jupyter-widgets/controls": controls,
  "@jupyter-widgets/output": { OutputModel, OutputView },
  anywidget: anywidget(base),
};

class Manager extends ManagerBase {
  constructor(services) {
    super();
    this.services = {
      ...services,
      showWidget: (id, node) => this.show(id, node),
      dropWidgets: (node) => this.drop(node),
    };
    this.views = new Set();
    globalThis.liveTypeset = ([, , element]) => this.services.typeset(element); // what descriptions call (engine.py)
  }

  async loadClass(name, module) {
    const found = MODULES[module]?.[name];
    if (!found) throw new Error(`This page has no widget ${module} ${name}; open the chapter in Jupyter to see it.`);
    return found;
  }

  async _get_comm_info() {
    return {};
  }

  async _create_comm() {
    throw new Error("widgets are made by Python, not by the page");
  }

  async create_view(model, options) {
    const view = await super.create_view(model, options);
    this.views.add(view);
    view.once("remove", () => this.views.delete(view));
    nameControls(view, model);
    return view;
  }

  async show(id, node) {
    node.dataset.model = id;
    try {
      const model = await this.get_model(id);
      const view = await this.create_view(model);
      const widget = view.luminoWidget;
      MessageLoop.sendMessage(widget, Widget.Msg.BeforeAttach);
      node.replaceChildren(widget.node);
      MessageLoop.sendMessage(widget, Widget.Msg.AfterAttach);
      return view;
    } catch (error) {
      console.error(error);
      node.textContent = "This widget could not be shown.";
      return null;
    }
  }

  // Views below a node are ended, innermost first: nobody else does, and they hold on to their models.
  drop(node) {
    for (const view of [...this.views].reverse()) if (node.contains(view.el)) view.remove();
  }
}

// Sliders have no accessible name of their own, and pictures no alternative text: the figures of the book's widgets
// are told in the line of text below them, so without a tooltip a picture is passed over.
function nameControls(view, model) {
  if (view.el instanceof HTMLImageElement && !view.el.hasAttribute("alt")) view.el.alt = view.el.title;
  const name = model.get("description") || model.get("tooltip");
  for (const handle of view.el.querySelectorAll?.(".noUi-handle") ?? []) {
    const label = () => handle.setAttribute("aria-label", (model.get("description") || name || "slider").replace(/<[^>]*>/g, ""));
    label();
    view.listenTo?.(model, "change:description", label);
  }
}

class Comm {
  constructor(id) {
    this.comm_id = id;
    this.target_name = "jupyter.widget";
  }
  on_msg(receive) {
    this.receive = receive;
  }
  on_close(closed) {
    this.closed = closed;
  }
  open() {
    return "";
  }
  close() {
    return "";
  }
}

const idle = { content: { execution_state: "idle" } };

// A stored widget's connection: leads nowhere, remembers what was sent since the reader touched the widget.
class RecordingComm extends Comm {
  constructor(id, record) {
    super(id);
    this.record = record;
  }
  send(data, callbacks, metadata, buffers) {
    this.record({ id: this.comm_id, data, buffers });
    setTimeout(() => callbacks?.iopub?.status?.(idle));
    return base.uuid();
  }
}

export class StoredManager extends Manager {
  // state: the notebook's widget state; record({id, data, buffers}): called for every message a widget sends
  constructor(services, state, record) {
    super(services);
    const ready = Object.entries(state).map(([id, entry]) => {
      const values = structuredClone(entry.state);
      const buffers = (entry.buffers ?? []).map(({ data }) => new DataView(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer));
      base.put_buffers(values, (entry.buffers ?? []).map(({ path }) => path), buffers);
      const { model_name, model_module, model_module_version } = entry;
      return this.new_model({ model_id: id, model_name, model_module, model_module_version, comm: new RecordingComm(id, record) }, values);
    });
    this.ready = Promise.allSettled(ready);
  }
}

// A live widget's connection.  Answering "idle" when Python has dealt with a message is what makes the widget
// send the next one: one at a time, the latest value wins, nothing piles up.
class LiveComm extends Comm {
  constructor(id, manager) {
    super(id);
    this.manager = manager;
    this.early = [];
    manager.comms.set(id, this);
  }
  on_msg(receive) {
    super.on_msg(receive);
    for (const message of this.early.splice(0)) receive(message);
  }
  deliver(message) {
    if (this.receive) this.receive(message);
    else this.early.push(message);
  }
  send(data, callbacks, metadata, buffers) {
    const copies = (buffers ?? []).map((b) => (ArrayBuffer.isView(b) ? b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength) : b.slice(0)));
    const message = { header: { msg_type: "comm_msg" }, content: { comm_id: this.comm_id, data }, metadata: metadata ?? {} };
    this.manager.post(message, copies).then(() => callbacks?.iopub?.status?.(idle));
    return base.uuid();
  }
  close() {
    this.manager.comms.delete(this.comm_id);
    this.manager.post({ header: { msg_type: "comm_close" }, content: { comm_id: this.comm_id, data: {} }, metadata: {} }, []);
    return "";
  }
}

export class LiveManager extends Manager {
  // post(message, buffers): to the kernel; resolves when it has been dealt with
  constructor(services, post) {
    super(services);
    this.post = post;
    this.comms = new Map();
  }

  // A comm message from the kernel.
  receive({ msg_type, content, metadata, buffers }) {
    const message = { header: { msg_type }, parent_header: {}, content, metadata, buffers: (buffers ?? []).map((b) => new DataView(b)) };
    const id = content.comm_id;
    if (msg_type === "comm_open") {
      if (content.target_name === "jupyter.widget") this.handle_comm_open(new LiveComm(id, this), message).catch((error) => console.error(error));
    } else if (msg_type === "comm_close") {
      const comm = this.comms.get(id);
      this.comms.delete(id);
      comm?.closed?.(message);
    } else this.comms.get(id)?.deliver(message);
  }
}

// Which live widget stands where which stored one stood: the two trees are walked side by side.
async function pair(stored, live, pairs = new Map()) {
  if (!stored || !live || pairs.has(stored.model_id) || stored.name !== live.name) return pairs;
  pairs.set(stored.model_id, live);
  for (const [key, value] of Object.entries(stored.attributes)) {
    const mates = [live.get(key)].flat();
    for (const [index, child] of [value].flat().entries()) if (child instanceof base.WidgetModel) await pair(child, mates[index], pairs);
  }
  return pairs;
}

// Do to the live widgets what the reader did to the stored ones while Python was starting.
export async function replay(storedManager, liveManager, roots, messages) {
  const pairs = new Map();
  for (const [storedId, liveId] of roots) await pair(await storedManager.get_model(storedId), await liveManager.get_model(liveId), pairs);
  for (const { id, data, buffers } of messages) {
    const model = pairs.get(id);
    if (!model) continue;
    if (data.method === "custom") model.send(data.content, model.callbacks(), buffers);
    else if (data.method === "update") {
      const plain = Object.entries(data.state).filter(([, value]) => !JSON.stringify(value)?.includes("IPY_MODEL_"));
      model.set(Object.fromEntries(plain));
      model.save_changes();
    }
  }
  return pairs;
}

globalThis.liveWidgets = { StoredManager, LiveManager, replay };
