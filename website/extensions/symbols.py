"""Each symbol has one hue, in code as in equations, and one table that says what it means.

Code on the pages is ink; the names that stand for a symbol of the book (equations/symbols.py) take its colour:
W, W1, dW and W_mean are weights, x, X, a, A and x_train activations, and so on. Colour is never the only cue: the
name is there.

    ```{symbol-table}
    ```

prints the table of symbols itself, for the notation appendix.
"""

import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

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
            where = f" (in {', '.join(symbol.scenes)})" if symbol.scenes else ""
            body += self.row([
                nodes.math(symbol.printed, printed),
                nodes.Text(symbol.words),
                nodes.Text(symbol.meaning + where),
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
