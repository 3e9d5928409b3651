// Markdown in live outputs; formulas are set aside first, so that marked does not touch their underscores.
import { marked } from "marked";

globalThis.liveMarkdown = (text) => {
  const formulas = [];
  const kept = text.replace(/\$\$[\s\S]+?\$\$|\$[^$\n]+?\$|\\\([\s\S]+?\\\)|\\\[[\s\S]+?\\\]/g, (formula) => {
    formulas.push(formula.replace(/&/g, "&amp;").replace(/</g, "&lt;"));
    return `\u0001${formulas.length - 1}\u0001`;
  });
  // eslint-disable-next-line no-control-regex
  return marked.parse(kept, { async: false }).replace(/\u0001(\d+)\u0001/g, (_, index) => formulas[index]);
};
