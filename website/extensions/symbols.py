"""Each symbol has one hue, in code as in equations, and one table that says what it means.

Code on the pages is ink; the names that stand for a symbol of the book (equations/symbols.py) take its colour:
W, W1, dW and W_mean are weights, x, X, a, A and x_train activations, and so on. Colour is never the only cue: the
name is there.

    ```{symbol-table}
    ```

prints the table of symbols itself, for the notation appendix.
"""

import re
from functools import cache

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from equations import book
from equations.symbols import SYMBOLS

EVERYWHERE = [symbol for symbol in SYMBOLS if not symbol.scenes]
WORDS = {symbol.code: symbol.role for symbol in EVERYWHERE if symbol.code.isidentifier()}
LETTERS = {symbol.printed: symbol.role for symbol in EVERYWHERE if re.fullmatch("[wxabzyWXABZYC]", symbol.printed)}
# what a code name says of its letter: dW is a gradient, W1 a layer's, x_train a part of the data
LETTER = re.compile(rf"d?([{''.join(LETTERS)}])(\d|_\w+)?")
PREDICTIONS = ("y_hat", "Y_hat")

CODE_NAME = re.compile(r'<span class="n">(\w+)</span>')
PROSE_NAME = re.compile(r'(<code class="docutils literal notranslate)("><span class="pre">(\w+)</span></code>)')


def role(name):
    """The palette role of a name in code, or None."""
    if name in PREDICTIONS:
        return LETTERS["a"]
    if name in WORDS:
        return WORDS[name]
    found = LETTER.fullmatch(name)
    return LETTERS[found[1]] if found else WORDS.get(name.rstrip("0123456789"))


def colour(page):
    """The HTML of a page with its code's symbols in colour."""

    def in_code(found):
        hue = role(found[1])
        return f'<span class="n sym-{hue}">{found[1]}</span>' if hue else found[0]

    def in_prose(found):
        hue = role(found[3])
        return f"{found[1]} sym-{hue}{found[2]}" if hue else found[0]

    return PROSE_NAME.sub(in_prose, CODE_NAME.sub(in_code, page))


def colour_page(app, pagename, templatename, context, doctree):
    if "body" in context:
        context["body"] = colour(context["body"])


@cache
def printed():
    """What the chapters print: (number of the chapter, an equation's LaTeX, its scenes), in order."""
    return [(int(page.stem[:2]), equation.tex, book.scenes_for(equation))
            for page in book.pages() if page.stem[:2].isdigit() for equation in book.equations_of(page)]


def chapters(symbol):
    """The chapters whose equations show a symbol of certain scenes; if none does, the first that has such a scene."""
    letter = re.compile(rf"(?<![A-Za-z\\]){re.escape(symbol.printed)}(?![A-Za-z])")
    near = [(number, tex) for number, tex, scenes in printed() if set(scenes) & set(symbol.scenes)]
    return sorted({number for number, tex in near if letter.search(tex)}) or [number for number, _ in near[:1]]


def where(symbol):
    """In which chapters a symbol has this meaning, in words; empty if everywhere."""
    numbers = [str(number) for number in chapters(symbol)] if symbol.scenes else []
    if len(numbers) < 2:
        return "".join(f" (chapter {number})" for number in numbers)
    return f" (chapters {', '.join(numbers[:-1])} and {numbers[-1]})"


class SymbolTable(SphinxDirective):
    """All symbols of the book: as printed, in words, in code, their shape."""

    HEAD = ("symbol", "read aloud", "meaning", "code", "shape")

    def run(self):
        table = nodes.table()
        group = nodes.tgroup(cols=len(self.HEAD))
        table += group
        group += [nodes.colspec(colwidth=1) for _ in self.HEAD]
        group += nodes.thead("", self.row([nodes.Text(title) for title in self.HEAD]))
        body = nodes.tbody()
        group += body
        for symbol in SYMBOLS:
            printed = rf"\class{{sym-{symbol.role}}}{{{symbol.printed}}}" if symbol.role else symbol.printed
            body += self.row([
                nodes.math(symbol.printed, printed),
                nodes.Text(symbol.words),
                nodes.Text(symbol.meaning + where(symbol)),
                nodes.literal("", symbol.code) if symbol.code else nodes.Text(""),
                nodes.literal("", symbol.shape) if symbol.shape.startswith("(") else nodes.Text(symbol.shape),
            ])  # fmt: skip
        return [table]

    def row(self, cells):
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def setup(app):
    app.add_directive("symbol-table", SymbolTable)
    app.connect("html-page-context", colour_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
