"""Sphinx extension: the mark beside each displayed equation, and what it opens.

While a page is written, its equations are read and evaluated (package `equations`); each symbol gets the
colour of its role, and behind the number stands a mark that opens a panel: the equation in words, its
symbols with their shapes, the sizes drawn, the largest difference, the lines of nnlib that implement it,
and what a wrong version would have been told. An equation that fails is a warning, and so fails the build.
The panel is a <details> element: it opens without a script, by mouse, touch and keyboard.
"""

import functools
import html
import re
from pathlib import Path

from docutils import nodes
from sphinx.errors import NoUri
from sphinx.util import logging

from equations import book, mutants, symbols, words
from equations.reading import Unreadable

HERE = Path(__file__).resolve().parent
LOGGER = logging.getLogger(__name__)
WRONG_VERSIONS = 3  # shown in a panel, the most telling kinds first
DISPLAY = r"\displaystyle "
TELLING = ["transpose", "order", "product", "index", "1/m", "sum range", "layer", "sign", "power", "lost factor"]


class marked_equation(nodes.General, nodes.Element):
    """A displayed equation with its panel."""


# -- LaTeX with colours and shapes ---------------------------------------------------------------------------

def dressed(result, shapes=False):
    """The equation's LaTeX with a class on each symbol, and under it, if wanted, its shape."""
    tex = result.equation.tex
    verdict = result.verdicts[0] if result.verdicts else None
    scene = verdict.scene if verdict else "numbers"
    own = result.equation.settings.get("let", {})
    inserted = []  # (position, order at that position, text): a symbol may stand in another's exponent
    for (start, end), name, depth in symbols.occurrences(tex, scene, own):
        known = symbols.meaning(name, scene) if name not in own or name in "xyzabW" else None
        shape = verdict.shapes.get((start, end)) if verdict else None
        before = after = ""
        if known and known.role:
            before, after = rf"{{\class{{sym-{known.role}}}{{", "}}"
        if shapes and depth == 0 and shape and shape != "1":
            before, after = rf"{{\underset{{\class{{eq-shape}}{{{shape}}}}}{{" + before, after + "}}"
        inserted += [(start, -end, before), (end, -start - len(tex) - 1, after)]
    for position, _, text in sorted(inserted, reverse=True):
        tex = tex[:position] + text + tex[position:]
    return tex


# -- the panel -------------------------------------------------------------------------------------------------

def inline(tex):
    """Mathematics of a panel: MathJax passes over it until the panel is opened, so that pages come up fast."""
    return rf'<span class="eq-math notranslate nohighlight">\({html.escape(tex)}\)</span>'


def prose(message):
    """A message of the checker: what stands between dollar signs is mathematics."""
    pieces = message.split("$")
    return "".join(inline(p) if k % 2 and k + 1 < len(pieces) else html.escape(p) for k, p in enumerate(pieces))


def panel(result, link):
    """The inside of the opened mark, as HTML."""
    parts = [headline(result), reading(result)]
    if result.verdicts:
        parts += [symbol_table(result), sizes(result)]
    parts += [code(result, link), wrong_versions(result)]
    return "".join(p for p in parts if p)


def headline(result):
    if result.status == "excused":
        return f"<p><strong>Not executed:</strong> {html.escape(result.message)}.</p>"
    verdict = result.verdicts[0]
    scenes = " and ".join(html.escape(v.scene) for v in result.verdicts)
    draws = f"{len(verdict.sizes)} draw{'s' if len(verdict.sizes) != 1 else ''}"
    return (f"<p><strong>Evaluated as printed</strong> on random numbers and true in {result.cases:,} "
            f"case{'s' if result.cases != 1 else ''}: {draws} of the scene <em>{scenes}</em>, every free index. "
            + ("" if r"\approx" in result.equation.tex else
               f"Largest relative difference between two sides: {difference(result.difference)}.") + "</p>")


def difference(value):
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.0e}".split("e")
    return inline(rf"{mantissa} \times 10^{{{int(exponent)}}}")


def reading(result):
    text = in_words(result)
    return f'<p class="eq-words"><strong>In words:</strong> {html.escape(text)}.</p>' if text else ""


def in_words(result):
    if "words" in result.equation.settings:
        return result.equation.settings["words"]
    try:
        return words.spoken(result.equation.tex, result.verdicts[0].scene if result.verdicts else "")
    except Unreadable:
        return ""


def symbol_table(result):
    verdict, own = result.verdicts[0], result.equation.settings.get("let", {})
    rows, found = [], symbols.occurrences(result.equation.tex, verdict.scene, own)
    for name in dict.fromkeys(name for _, name, _ in found):
        known = symbols.meaning(name, verdict.scene) if name not in own else None
        shapes = [verdict.shapes[s] for s, n, _ in found if n == name and s in verdict.shapes]
        shape = max(shapes, key=lambda text: "times" in text, default="")  # of the whole, not of a component
        printed = r"\text{accuracy}" if name == "accuracy" else name
        role = f"sym-{known.role}" if known and known.role else ""
        rows.append(
            f"<tr><td class='{role}'>{inline(printed)}</td>"
            f"<td>{html.escape(known.meaning) if known else html.escape(str(own.get(name, '')))}</td>"
            f"<td>{inline(shape) if shape and shape != '1' else 'number' if shape else ''}</td>"
            f"<td>{f'<code>{html.escape(known.code)}</code>' if known and known.code else ''}</td></tr>")
    if not rows:
        return ""
    head = "<thead><tr><th>symbol</th><th>meaning</th><th>shape here</th><th>in code</th></tr></thead>"
    return f'<table class="eq-symbols">{head}<tbody>{"".join(rows)}</tbody></table>'


def sizes(result):
    drawn = [d for d in result.verdicts[0].sizes if d]
    if not drawn:
        return ""
    names = [n for n in drawn[0] if "in}" not in n and "out}" not in n]
    each = ["(" + ", ".join(str(d[n]) for n in names if n in d) + ")" for d in drawn[:3]]
    listed = inline("(" + ", ".join(names) + ")") if len(names) > 1 else inline(names[0]) if names else ""
    if len(names) == 1:
        each = [e.strip("()") for e in each]
    return f"<p>Sizes drawn, {listed}: {', '.join(dict.fromkeys(each))}.</p>" if names else ""


def code(result, link):
    if not result.lines:
        number = result.equation.next_code
        return "<p>It is computed in the next cell of this page.</p>" if number is not None else ""
    rows = []
    for line in result.lines:
        module = line.path.removesuffix(".py").replace("/", ".")
        where = f"{html.escape(line.path)}, line {line.number}"
        uri = link(f"{module}.{line.name}")
        place = f'<a href="{uri}">{html.escape(line.name)}</a>' if uri else html.escape(line.name)
        rows.append(f"<li>{place} <span class='eq-where'>({where})</span>"
                    f"<pre><code>{html.escape(shown(line))}</code></pre></li>")
    return f"<p><strong>Implemented by</strong></p><ul class='eq-code'>{''.join(rows)}</ul>"


def shown(line):
    """The line without its comment; with the one above where it goes on with it (z = W @ a, then z += b)."""
    text = line.text.partition("#")[0].rstrip()
    name, sign, _ = text.partition(" += ")
    before = (book.ROOT / line.path).read_text(encoding="utf-8").splitlines()[line.number - 2].partition("#")[0].strip()
    return f"{before}\n{text}" if sign and before.startswith(f"{name} = ") else text


@functools.cache
def _wrong(label, tex, scenes, settings):
    """A few mutants that the check rejected, of different kinds."""
    result = _RESULTS[label]
    shown, kinds = [], set()
    equation = result.equation
    sizes, let = equation.settings.get("sizes"), equation.settings.get("let")
    for mutant in mutants.make(equation.tex, scenes[0], sizes, let, first=TELLING):
        if mutant.kind in kinds:
            continue
        mutants.try_mutant(mutant, scenes, equation.settings)
        if mutant.rejected:
            kinds.add(mutant.kind)
            shown.append(mutant)
        if len(shown) == WRONG_VERSIONS:
            break
    return shown


_RESULTS = {}


def wrong_versions(result):
    if result.status != "executed":
        return ""
    _RESULTS[result.equation.label] = result
    shown = _wrong(result.equation.label, result.equation.tex, tuple(v.scene for v in result.verdicts),
                   repr(result.equation.settings))
    items = [f"<li><div class='eq-wrong'>{inline(DISPLAY + m.tex)}</div><p>{prose(m.message)}</p></li>" for m in shown]
    return f"<p><strong>Would have been caught</strong></p><ul class='eq-caught'>{''.join(items)}</ul>" if items else ""


# -- in the page -----------------------------------------------------------------------------------------------

def mark(app, doctree, docname):
    """Give each labelled equation of the page its colours and its panel."""
    if app.builder.format != "html":
        return
    path = Path(app.env.doc2path(docname))
    blocks = [b for b in doctree.findall(nodes.math_block) if str(b.get("label") or "").startswith("eq-")]
    if not blocks or path.suffix not in (".ipynb", ".md"):
        return
    results = {r.equation.label: r for r in book.examine_pages([path])}
    for label, result in results.items():
        if result.status == "failed":
            LOGGER.warning("%s: equation %s: %s", result.equation.place, label, result.message, location=docname)

    def link(name):
        try:
            found = app.env.get_domain("py").objects.get(name)
            return f"{app.builder.get_relative_uri(docname, found.docname)}#{found.node_id}" if found else ""
        except NoUri:
            return ""
    for block in blocks:
        result = results.get(block["label"])
        if result is None or result.status == "failed":
            continue
        wrapper = marked_equation(result=result, panel=panel(result, link))
        block.replace_self(wrapper)
        wrapper += block
        plain = dressed(result)
        shaped = dressed(result, shapes=True)
        block.children = [nodes.Text(plain)]
        block.rawsource = plain
        wrapper["plain"], wrapper["shaped"] = plain, shaped if shaped != plain else ""


def visit(self, node):
    result = node["result"]
    state = result.status
    shaped = (f' data-plain="{html.escape(node["plain"])}" data-shaped="{html.escape(node["shaped"])}"'
              if node["shaped"] else "")
    self.body.append(f'<div class="marked-equation {state}" data-label="{html.escape(result.equation.label)}"{shaped}>')


def depart(self, node):
    result = node["result"]
    number = re.sub(r"^eq-", "", result.equation.label).replace("-", " ")
    if result.status == "executed":
        title = f"This equation was evaluated as printed: true in {result.cases:,} cases. Details of {number}."
        sign = "✓"
    else:
        title = f"This equation is not executed. Why, and details of {number}."
        sign = "○"
    self.body.append(
        f'<details class="equation-mark"><summary title="{html.escape(title)}">'
        f'<span class="visually-hidden">{html.escape(title)}</span><span aria-hidden="true">{sign}</span></summary>'
        f'<div class="equation-panel">{node["panel"]}</div></details></div>\n')


def skip(self, node):
    """Other builders show the plain equation."""


def setup(app):
    app.add_node(marked_equation, html=(visit, depart), latex=(skip, skip), text=(skip, skip))
    app.connect("doctree-resolved", mark)
    app.connect("builder-inited", lambda app: app.config.html_static_path.append(str(HERE / "static")))
    app.add_css_file("equation-marks.css")
    app.add_js_file("equation-marks.js", loading_method="defer")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
