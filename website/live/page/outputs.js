// Show nbformat outputs the way the stored ones are shown: same classes, same order of preference.
const PREFERENCE = [
  "application/vnd.jupyter.widget-view+json", "text/html", "image/svg+xml", "image/png", "image/jpeg",
  "text/markdown", "text/latex", "text/plain",
]; // prettier-ignore

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function preformatted(className) {
  const outer = element("div", `output ${className} notranslate`);
  const inner = outer.appendChild(element("div", "highlight"));
  outer.pre = inner.appendChild(element("pre"));
  return outer;
}

export class OutputArea {
  // services: { showWidget(modelId, element), dropWidgets(element), markdown(text), typeset(element) }
  constructor(node, services) {
    this.node = node;
    this.services = services;
    this.items = []; // { output, node }
    this.clearNext = false;
  }

  add(output) {
    if (output.output_type === "clear_output") {
      if (output.wait) this.clearNext = true;
      else this.clear();
      return;
    }
    if (output.output_type === "update_display_data") {
      for (const item of this.items) {
        if (item.output.transient?.display_id === output.transient.display_id) this.replace(item, { ...output, output_type: "display_data" });
      }
      return;
    }
    if (this.clearNext) {
      // what comes takes the place of what was there, without the page jumping in between
      this.clearNext = false;
      const first = this.items[0];
      for (const item of this.items.splice(1)) this.remove(item);
      if (first) {
        this.replace(first, output);
        return;
      }
    }
    const last = this.items.at(-1);
    if (output.output_type === "stream" && last?.output.output_type === "stream" && last.output.name === output.name) {
      last.output = { ...output, text: last.output.text + output.text };
      showStream(last.node, last.output.text);
      return;
    }
    const item = { output, node: this.render(output) };
    this.items.push(item);
    this.node.append(item.node);
  }

  // Show exactly these outputs (an Output widget's whole state), keeping what has not changed.
  set(outputs) {
    outputs.forEach((output, index) => {
      if (!this.items[index]) this.add(output);
      else if (this.items[index].output !== output) this.replace(this.items[index], output);
    });
    for (const item of this.items.splice(outputs.length)) this.remove(item);
  }

  replace(item, output) {
    const mime = preferred(output);
    const image = item.node.querySelector(":scope > img");
    if (image && mime?.startsWith("image/") && preferred(item.output) === mime && mime !== "image/svg+xml") {
      showImage(image, output, mime); // a new picture in the same place: nothing flickers
    } else if (output.output_type === "stream" && item.output.output_type === "stream" && item.output.name === output.name) {
      showStream(item.node, output.text);
    } else {
      const node = this.render(output);
      this.services.dropWidgets?.(item.node);
      item.node.replaceWith(node);
      item.node = node;
    }
    item.output = output;
  }

  remove(item) {
    this.services.dropWidgets?.(item.node);
    item.node.remove();
  }

  clear() {
    for (const item of this.items.splice(0)) this.remove(item);
    this.clearNext = false;
  }

  render(output) {
    if (output.output_type === "stream") {
      const node = preformatted(`stream highlight-myst-ansi${output.name === "stderr" ? " stderr" : ""}`);
      showStream(node, output.text);
      return node;
    }
    if (output.output_type === "error") {
      const node = preformatted("traceback highlight-ipythontb");
      node.pre.append(...ansi(output.traceback.join("\n")));
      return node;
    }
    const mime = preferred(output);
    const value = [output.data[mime]].flat().join("");
    switch (mime) {
      case "application/vnd.jupyter.widget-view+json": {
        const node = element("div", "output widget widget-subarea");
        this.services.showWidget(output.data[mime].model_id, node);
        return node;
      }
      case "text/html": {
        const node = element("div", "output text_html");
        node.innerHTML = value;
        this.services.typeset(node);
        return node;
      }
      case "image/svg+xml": {
        const node = element("div", "output image_svg");
        node.innerHTML = value;
        return node;
      }
      case "text/markdown": {
        const node = element("div", "output text_markdown");
        this.services.markdown(value).then((html) => {
          node.innerHTML = html;
          this.services.typeset(node);
        });
        return node;
      }
      case "text/latex": {
        const node = element("div", "output text_latex", value);
        this.services.typeset(node);
        return node;
      }
      case "text/plain": {
        const node = preformatted("text_plain highlight-none");
        node.pre.append(...ansi(value));
        return node;
      }
      case undefined:
        return element("div", "output");
      default: {
        const node = element("div", "output image_png");
        showImage(node.appendChild(element("img")), output, mime);
        return node;
      }
    }
  }
}

function preferred(output) {
  return output.data && PREFERENCE.find((mime) => mime in output.data);
}

function showImage(image, output, mime) {
  const { width, height, alt } = output.metadata?.[mime] ?? {};
  image.src = `data:${mime};base64,${[output.data[mime]].flat().join("")}`;
  image.alt = alt ?? image.alt ?? "";
  if (width) image.width = width;
  if (height) image.height = height;
}

// A carriage return starts the line anew: that is how progress bars draw.
function showStream(node, text) {
  const lines = text.split("\n").map((line) => line.replace(/\r+$/, "").split("\r").reduce((shown, over) => over + shown.slice(over.length), ""));
  node.pre.replaceChildren(...ansi(lines.join("\n")));
}

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

// Terminal colours as spans; whatever else escapes is dropped.
export function* ansi(text) {
  let classes = "";
  let position = 0;
  const piece = (end) => {
    const part = text.slice(position, end);
    return classes ? element("span", classes, part) : part;
  };
  // eslint-disable-next-line no-control-regex
  for (const code of text.matchAll(/\u001b\[([0-9;]*)([A-Za-z])/g)) {
    if (code.index > position) yield piece(code.index);
    position = code.index + code[0].length;
    if (code[2] !== "m") continue;
    for (const number of code[1].split(";").map(Number)) {
      if (number === 0) classes = "";
      else if (number === 1) classes += " ansi-bold";
      else if (number >= 30 && number <= 37) classes += ` ansi-${COLOURS[number - 30]}`;
      else if (number >= 90 && number <= 97) classes += ` ansi-${COLOURS[number - 90]}`;
    }
  }
  if (position < text.length) yield piece(text.length);
}
