// The editor of a cell: CodeMirror with Python, loaded when a reader first edits.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightSpecialChars, keymap } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

// options: { parent, source, label, onChange(text), onRun(andNext), onLeave(), complete(source, position) }
globalThis.liveEditor = ({ parent, source, label, onChange, onRun, onLeave, complete }) => {
  const own = [
    { key: "Shift-Enter", run: () => (onRun(true), true) },
    { key: "Mod-Enter", run: () => (onRun(false), true) },
    { key: "Escape", run: () => (onLeave(), true) }, // after completion's own Escape
  ];
  const completions = async (context) => {
    const word = context.matchBefore(/[\w.]+/);
    if (!context.explicit && (!word || !/\w\.\w*$|\w{2,}$/.test(word.text))) return null;
    const answer = await complete(context.state.doc.toString(), context.pos);
    return answer && { from: answer.from, options: answer.names.map((name) => ({ label: name })), validFor: /^\w*$/ };
  };
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: source,
      extensions: [
        Prec.high(keymap.of(own.slice(0, 2))),
        history(),
        drawSelection(),
        highlightSpecialChars(),
        indentUnit.of("    "),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ override: [completions] }),
        python(),
        syntaxHighlighting(classHighlighter),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocorrect: "off", autocapitalize: "off" }),
        EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.doc.toString())),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...own.slice(2), ...historyKeymap, ...defaultKeymap, indentWithTab]),
      ],
    }),
  });
};
