// A field of text with a button that copies it (copy_field.py). Where the text is the state of a page of the book it is
// shown as a link, and links to such a state are handed to Python: the one in the address bar, one that is pasted.

const MARK = "#playground:";

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function render({ model, el }) {
  const address = model.get("address");
  const page = address && document.getElementById("live-data") ? location.href.split("#")[0] + MARK : "";
  const field = element(address ? "input" : "textarea", { className: "copy-field-text", spellcheck: false });
  field.style.cssText = "display: block; box-sizing: border-box; width: 100%; margin: 0.2rem 0; font: 0.85rem/1.4 monospace;" +
    "color: inherit; background: transparent; border: 1px solid #8888; border-radius: 4px; padding: 0.3rem 0.5rem";
  const said = element("p", { className: "copy-field-message" });
  said.setAttribute("role", "status");
  const copy = element("button", { type: "button", className: "copy-field-button", textContent: model.get("action") });
  const buttons = element("div", {}, copy);
  if (address) {
    const open = element("button", { type: "button", className: "copy-field-button", textContent: "Open" });
    open.title = "Go to the state of the link in the field";
    open.addEventListener("click", () => send(field.value));
    field.addEventListener("keydown", (event) => event.key === "Enter" && send(field.value));
    buttons.append(" ", open);
  } else {
    field.rows = model.get("rows");
    field.readOnly = true;
  }
  el.classList.add("copy-field");
  el.style.cssText = "width: 100%; max-width: 46rem; box-sizing: border-box; padding: 0.5rem 2px";
  const label = element("label", {}, element("span", { textContent: model.get("label") }), field);
  label.style.display = "block";
  el.append(label, buttons, said);

  const text = () => page + model.get("text");
  function send(state) {
    model.send({ open: state });
  }
  function show() {
    if (document.activeElement !== field || field.readOnly) field.value = text();
  }
  function say() {
    said.textContent = model.get("message");
  }

  copy.addEventListener("click", async () => {
    field.value = text();
    if (page) history.replaceState(null, "", field.value);
    try {
      await navigator.clipboard.writeText(field.value);
      said.textContent = "Copied.";
    } catch {
      field.select(); // where a page may not write to the clipboard the reader can
      said.textContent = "Selected: copy it with Control C.";
    }
  });

  // A state in the address bar: a stored widget wakes as if it had been touched, a live one is given the state.
  // The stored one stays on the page, hidden, when the live one has taken its place.
  function follow() {
    if (!page || !location.hash.startsWith(MARK) || !el.offsetParent) return;
    el.closest(".explorer")?.scrollIntoView({ block: "start" });
    field.dispatchEvent(new Event("change", { bubbles: true }));
    send(location.hash);
  }
  // A link that is followed a second time changes nothing in the address bar, so no hashchange tells of it.
  function again(event) {
    const hash = event.target.closest?.("a[href]")?.hash;
    if (hash && hash === location.hash) follow();
  }
  const attached = setTimeout(follow);
  addEventListener("hashchange", follow);
  document.addEventListener("click", again);
  const changed = { "change:text": show, "change:message": say };
  for (const [name, listen] of Object.entries(changed)) model.on(name, listen);
  show();
  say();
  return () => {
    clearTimeout(attached);
    removeEventListener("hashchange", follow);
    document.removeEventListener("click", again);
    for (const [name, listen] of Object.entries(changed)) model.off(name, listen);
  };
}

export default { render };
