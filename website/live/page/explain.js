// What the reader is told, in one sentence each, when the page cannot compute.
const SENTENCES = {
  file: "This page was opened as a file, where browsers do not start Python: run “python -m http.server” in the folder of index.html and open http://localhost:8000/, or read the published book.",
  wasm: "This browser has WebAssembly switched off, and Python on the page needs it: everything can be read, nothing runs.",
  worker: "This browser refused to start a worker for Python: a private window, an extension or a site setting may forbid it.",
  network: "The network went away while Python was fetching: what is on the page stays, and Run tries again.",
  missing: "A part of Python is missing on this site: reload the page; if it stays so, the site was not uploaded whole.",
  altered: "A part of Python arrived damaged and was not started: reload the page; if it stays so, the file on the site differs from the one that was built.",
  memory: "Python ran out of memory and was ended: restart it, and give the cell less to hold at once.",
  other: "Python stopped working and was ended: restart it; the details are in the browser's console.",
};

export function explain(reason, file) {
  const sentence = SENTENCES[reason] ?? SENTENCES.other;
  return file ? `${sentence} (${file})` : sentence;
}

// Why this page cannot compute at all, or null.
export function obstacle() {
  if (location.protocol === "file:") return "file";
  if (typeof WebAssembly !== "object") return "wasm";
  if (typeof Worker !== "function") return "worker";
  return null;
}
