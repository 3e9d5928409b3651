"""From the LaTeX of a displayed equation to trees, one per statement.

Everything that means nothing to the mathematics (spaces, sizes of brackets, words) is blanked out before
parsing, never removed: a position in a tree is a position in the LaTeX that the author typed.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

PARSER = Lark(Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8"),
              parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=False)

INDEX_LETTERS = "ijklt"  # a statement about one of these alone, "l = 1, \dots, L", is a condition
CONDITION_WORDS = re.compile(r"\b(for|if|when|where|with|all|every|any)\b")
KEPT_WORDS = {"accuracy"}  # names in \text{} that stand on their own; others count in a script only


class Unreadable(Exception):
    """The LaTeX is outside the grammar, or there is nothing in it to check."""


@dataclass
class Node:
    """A node of the tree: what it is, its parts, the text of a leaf, and where it stands in the LaTeX."""

    kind: str
    kids: list = field(default_factory=list)
    text: str = ""
    span: tuple = (0, 0)

    def same(self, other):
        """Whether both trees say the same thing, brackets apart."""
        a, b = self.bare(), other.bare()
        return (a.kind == b.kind and a.text == b.text and len(a.kids) == len(b.kids)
                and all(x.same(y) for x, y in zip(a.kids, b.kids, strict=True)))

    def bare(self):
        node = self
        while node.kind in ("paren", "bracket", "group") and len(node.kids) == 1:
            node = node.kids[0]
        return node

    def walk(self):
        yield self
        for kid in self.kids:
            yield from kid.walk()


@dataclass
class Statement:
    """One chain of relations (or a list of symbols before \\in), and the conditions under which it holds."""

    items: list
    conditions: list
    tex: str

    def source(self, node):
        """What the author typed there, between dollar signs, for messages."""
        return f"${' '.join(self.tex[slice(*node.span)].split())}$"


def blank(match):
    return " " * len(match.group())


def group_end(tex, start):
    """The position after the brace group that opens at `start`."""
    depth = 0
    for k in range(start, len(tex)):
        if tex[k] == "{" and tex[k - 1] != "\\":
            depth += 1
        elif tex[k] == "}" and tex[k - 1] != "\\":
            depth -= 1
            if depth == 0:
                return k + 1
    raise Unreadable(f"a brace is never closed: {tex[start:start + 40]}")


def _braces_seen_through(tex):
    r"""\underbrace{u}_{v} becomes {u}; \boxed{u} and \color{red}{u} likewise; lengths are kept."""
    while match := re.search(r"\\(underbrace|overbrace|boxed|textcolor|color|phantom|underset|overset)\s*\{", tex):
        name, opening = match.group(1), match.end() - 1
        end = group_end(tex, opening)
        hide = []
        if name in ("underbrace", "overbrace"):
            script = re.compile(r"\s*[_^]\s*\{").match(tex, end)
            if script:
                hide.append((script.start(), group_end(tex, script.end() - 1)))
        elif name in ("textcolor", "color", "underset", "overset", "phantom"):
            hide.append((opening, end))
        for start, stop in [*hide, (match.start(), opening)]:
            tex = tex[:start] + " " * (stop - start) + tex[stop:]
    return tex


def _words(match):
    """A \\text{...} is a condition, "otherwise", part of a symbol, or words for the reader only."""
    words = match.group(2).strip()
    before = match.string[:match.start()].rstrip()
    replacement = ""
    if before.endswith(("_", "^", "_{", "^{")) or words in KEPT_WORDS:
        return match.group()
    if re.search(r"\b(otherwise|else)\b", words):
        replacement = r"\otherwise"
    elif CONDITION_WORDS.search(words):
        replacement = r"\where"
    elif words in ("and", "or", ","):
        replacement = r"\also"
    return replacement.ljust(len(match.group())) if len(replacement) <= len(match.group()) else match.group()


def normalise(tex):
    """The LaTeX with all that only serves the eye blanked out. Same length, same positions."""
    tex = re.sub(r"(?<!\\)%.*", blank, tex)
    tex = _braces_seen_through(tex)
    tex = re.sub(r"\\(tag|label)\*?\{[^}]*\}", blank, tex)
    tex = re.sub(r"\\(text|textrm|textit|mbox)\s*\{([^{}]*)\}", _words, tex)
    tex = re.sub(r"(?<=\d)(\\,|\{,\}|\\ |\\;)(?=\d{3}(?!\d))", lambda m: "\0" * len(m.group()), tex)
    tex = re.sub(r"\\(left|right)\s*\.", blank, tex)
    tex = re.sub(r"\\(left|right|[bB]igg?[lrm]?|displaystyle|textstyle|scriptstyle|nonumber|notag|n?o?limits|"
                 r"mathopen|mathclose|mathstrut|strut|quad(?=[^,]*\\also))(?![A-Za-z])|(?<!\\)\\[,;!: >]|~", blank, tex)
    tex = re.sub(r"\\\\\s*\[[^\]]*[a-z]{2}\]", lambda m: r"\\".ljust(len(m.group())), tex)
    tex = re.sub(r"\\(mid|vert)(?![A-Za-z])", lambda m: "|".ljust(len(m.group())), tex)
    return _delimiters(tex)


def _delimiters(tex):
    r"""Bars come in pairs: \|x\| and |x| get an opening and a closing character of their own."""
    tex = re.sub(r"\\(lVert|rVert)(?![A-Za-z])",
                 lambda m: ("⟦" if m.group(1) == "lVert" else "⟧").ljust(len(m.group())), tex)
    tex = re.sub(r"\\(lvert|rvert)(?![A-Za-z])",
                 lambda m: ("⟨" if m.group(1) == "lvert" else "⟩").ljust(len(m.group())), tex)
    pairs = {r"\|": "⟦⟧", r"\Vert": "⟦⟧", "|": "⟨⟩"}
    inside = [m.span() for m in re.finditer(r"\\begin\{[bp]?matrix\}.*?\\end\{[bp]?matrix\}", tex, re.S)]
    seen = dict.fromkeys(pairs, 0)

    def pair(match):
        bar = match.group()
        if bar == "|" and any(a <= match.start() < b for a, b in inside):
            return bar
        seen[bar] += 1
        return pairs[bar][1 - seen[bar] % 2].ljust(len(bar))
    return re.sub(r"\\\||\\Vert(?![A-Za-z])|(?<!\\)\|", pair, tex)


def _split(tex, pattern):
    """The pieces of tex between matches of pattern at depth 0 (no brace, bracket or inner environment)."""
    pieces, start, depth, k = [], 0, 0, 0
    opening = re.compile(r"\\begin\{|\\\{|[{(\[]")
    closing = re.compile(r"\\end\{[a-z*]+\}|\\\}|[})\]]")
    separator = re.compile(pattern)
    while k < len(tex):
        if depth == 0 and (match := separator.match(tex, k)):
            pieces.append((start, k))
            start = k = match.end()
        elif match := closing.match(tex, k):
            depth, k = depth - 1, match.end()
        elif match := opening.match(tex, k):
            depth += 1
            k = tex.index("}", k) + 1 if match.group() == r"\begin{" else match.end()
        else:
            k += 2 if tex[k] == "\\" else 1
    pieces.append((start, len(tex)))
    return pieces


ENVIRONMENT = re.compile(r"\\begin\{(aligned|align\*?|split|gathered|array)\}(\{[^}]*\})?(.*)\\end\{\1\}", re.S)
SEPARATOR = (r"[,;.]?\s*\\q?quad(?![A-Za-z])(\s*\\q?quad(?![A-Za-z]))*(\s*\\also(?![A-Za-z]))?"
             r"(\s*\\q?quad(?![A-Za-z]))*|\\also(?![A-Za-z])|;|,?\s*\\(implies|Rightarrow|iff|Longrightarrow)(?![A-Za-z])")


def statement_spans(tex):
    """(start, end) of each piece of normalised tex that is a statement or a condition, rows joined."""
    environment = ENVIRONMENT.search(tex)
    if not environment:
        return [[(0, len(tex))]], tex
    base = environment.start(3)
    rows = []
    for start, end in _split(environment.group(3), r"\\\\"):
        row = environment.group(3)[start:end]
        if not row.strip(" \n&.,") or re.fullmatch(r"[\s&]*\\vdots[\s&]*", row):
            continue
        span = (base + start, base + end)
        if row.lstrip().startswith("&") and rows:
            rows[-1].append(span)
        else:
            rows.append([span])
    chars = list(tex)
    for row in rows:
        for start, end in row:
            depth_zero = _split(tex[start:end], "&")
            for _, stop in depth_zero[:-1]:
                chars[start + stop] = " "
    return rows, "".join(chars)


@lru_cache(maxsize=2000)
def read(tex):
    """The Statements of a displayed equation. Raises Unreadable. They are shared: nobody changes a tree."""
    clean = normalise(tex)
    rows, clean = statement_spans(clean)
    statements = []
    for row in rows:
        kept = "".join(c if any(a <= k < b for a, b in row) else " " for k, c in enumerate(clean))
        for start, end in _split(kept, SEPARATOR):
            piece = " " * start + kept[start:end].rstrip().rstrip(".,;")
            if not piece.strip():
                continue
            items, conditions = parse(piece, tex)
            if statements and not conditions and _is_condition(items):
                statements[-1].conditions.append(items)
            elif conditions and not items:
                if not statements:
                    raise Unreadable("a condition stands before anything it could apply to")
                statements[-1].conditions.append(conditions)
            else:
                statements += [Statement(group, [conditions] if conditions else [], tex)
                               for group in _groups(items)]
    if not statements:
        raise Unreadable("nothing to read")
    return statements


def _groups(items):
    """Items between commas that belong together: `z, b \\in ...` is one statement, `a = 1, b = 2` are two."""
    groups, pending = [], []
    for item in items:
        pending.append(item)
        if item.kind == "chain" and len(item.kids) > 1:
            groups.append(pending)
            pending = []
    if pending:
        if groups and all(k.kind == "dots" for k in pending):
            return groups
        groups.append(pending)
    return groups


def _is_condition(items):
    first = items[0]
    while first.kind == "paren" and len(first.kids) == 1:
        first = first.kids[0]
    while first.kind in ("chain", "items") and first.kids:
        first = first.kids[0]
        while first.kind == "paren" and len(first.kids) == 1:
            first = first.kids[0]
    return first.kind == "name" and first.text in INDEX_LETTERS


def parse(piece, tex):
    where_first = re.match(r"\s*\\where(?![A-Za-z])", piece)
    text = piece.replace("\0", " ")
    if where_first:
        text = " " * where_first.end() + text[where_first.end():]
    text = re.sub(r"(\\where\s*)(\\where)", lambda m: m.group(1).ljust(len(m.group())), text)
    thousands = [k for k, c in enumerate(piece) if c == "\0"]
    if thousands:
        text = _join_thousands(piece)
    try:
        tree = PARSER.parse(text)
    except UnexpectedInput as error:
        at = getattr(error, "pos_in_stream", None)
        at = len(text.rstrip()) if at is None or at < 0 else at
        near = tex[max(0, at - 25):at] + " >>> " + tex[at:at + 25]
        raise Unreadable(f"cannot read this: {' '.join(near.split())}") from None
    parts = [with_sizes(build(child), tex) for child in tree.children if isinstance(child, Tree)]
    lists = [p.kids if p.kind == "items" else [p] for p in parts]
    if where_first:
        return [], lists[0]
    return lists[0], lists[1] if len(lists) > 1 else []


def with_sizes(node, tex):
    r"""The same tree, each bracket's span from its \left or \bigl to the end of \rVert: cut out, nothing is left."""
    for kid in node.kids:
        with_sizes(kid, tex)
    start, end = node.span
    if node.kind in ("paren", "bracket", "set", "norm", "absolute"):
        size = re.search(r"\\(left|[bB]igg?[lm]?)\s*$", tex[:start])
        start = size.start() if size else start
        bar = re.compile(r"\\(rVert|rvert|Vert|\|)").match(tex, end - 1)
        end = bar.end() if bar else end
    elif node.kids and node.kids[0].span != (0, 0):
        start = min(start, node.kids[0].span[0])
    node.span = (start, max([end, *(kid.span[1] for kid in node.kids)]))
    return node


def _join_thousands(piece):
    """13\\,002 is one number: the digits close up and the blanks follow the number."""
    return re.sub(r"\d+(?:\0+\d+)+", lambda m: m.group().replace("\0", "").ljust(len(m.group())), piece)


def canonical(token):
    r"""One spelling for a name: \hat y -> \hat{y}, \operatorname{ReLU} and \mathrm{ReLU} -> ReLU."""
    text = re.sub(r"\s+", " ", str(token)).strip()
    match = re.fullmatch(r"\\(\w+?)\s*(?:\{\s*(.+?)\s*\}|(\\[A-Za-z]+)|([A-Za-z0-9]))", text)
    if match and match.group(1) in ("hat", "bar", "tilde", "mathbf", "mathcal", "mathbb", "mathrm",
                                    "operatorname", "text", "vec"):
        inner = (match.group(2) or match.group(3) or match.group(4)).replace(" ", "")
        if match.group(1) == "mathrm" and inner == "i":
            return r"\mathrm{i}"
        if match.group(1) in ("mathrm", "operatorname", "text"):
            return inner
        return f"\\{match.group(1)}{{{inner}}}"
    return {r"\varepsilon": r"\epsilon", r"\vartheta": r"\theta", r"\ell": "l", r"\varphi": r"\phi",
            r"\ln": r"\log"}.get(text.replace(" ", ""), text.replace(" ", ""))


RELATIONS = {r"\neq": r"\ne", r"\leq": r"\le", r"\geq": r"\ge", ":=": r"\leftarrow"}


def build(tree):
    """A lark tree as Nodes, with derivatives recognised and single-child wrappers gone."""
    span = (tree.meta.start_pos, tree.meta.end_pos) if not tree.meta.empty else (0, 0)
    kind = str(tree.data)
    if kind in ("number", "name", "transpose", "prime", "dots", "bar", "partial"):
        token = tree.children[0]
        text = canonical(token) if kind == "name" else str(token) if kind in ("number", "prime") else ""
        return Node(kind, [], text, (token.start_pos, token.end_pos))
    kids = [build(c) for c in tree.children if isinstance(c, Tree)]
    tokens = [c for c in tree.children if isinstance(c, Token)]
    if kind == "chain":
        relations = [RELATIONS.get(str(t), str(t)) for t in tokens]
        return kids[0] if not relations else Node("chain", kids, " ".join(relations), span)
    if kind == "items":
        return kids[0] if len(kids) == 1 else Node("items", kids, "", span)
    if kind == "group" and len(kids) == 1:
        return Node("group", kids, "", span)
    if kind in ("juxt", "post"):
        kids = [k for k in kids if k.kind != "empty"]
        return kids[0] if len(kids) == 1 else Node(kind, kids, "", span)
    if kind == "frac":
        return _fraction(kids, span)
    if kind == "big":
        return _big(kids, tree.children, span)
    if kind == "rows":
        rows = [r for r in kids if any(c.kind not in ("blank", "bar") for c in r.kids)]
        return Node("rows", rows, "", span)
    return Node(kind, kids, "", span)


def _big(kids, children, span):
    """Factors before a sum, then the sum: as a juxtaposition whose last factor is the sum."""
    operator = next(k for k, c in enumerate(children) if isinstance(c, Token))
    before, rest = kids[:operator], kids[operator:]
    name = "sum" if "sum" in children[operator] else "prod"
    body = rest[-1]
    parts = {k.kind: k.kids[0] for k in rest[:-1]}
    nothing = Node("blank")
    big = Node(name, [parts.get("limits", nothing), parts.get("upper", nothing), body], "",
               (children[operator].start_pos, span[1]))
    return Node("juxt", [*before, big], "", span) if before else big


def _fraction(kids, span):
    """A fraction; or, if both its halves begin with d or \\partial, a derivative (or the operator alone)."""
    top, bottom = (k.kids if k.kind == "juxt" else [k] for k in kids)
    if _is_d(top[0]) and _is_d(bottom[0]) and len(bottom) > 1:
        order = _order(top[0])
        variables, pending = [], []
        for factor in [*bottom[1:], None]:
            if factor is None or _is_d(factor):
                variables.append(_one(pending))
                pending = []
            else:
                pending.append(factor)
        if order == 2 and len(variables) == 1:
            variables = _squared(variables[0])
        numerator = [_one(top[1:])] if len(top) > 1 else []
        kind = "derivative" if numerator else "operator"
        return Node(kind, numerator + variables, "", span)
    return Node("frac", kids, "", span)


def _is_d(node):
    if node.kind == "post":
        node = node.kids[0]
    return node.kind == "partial" or (node.kind == "name" and node.text == "d")


def _order(node):
    return int(node.kids[1].kids[0].text) if node.kind == "post" and node.kids[1].kind == "superscript" else 1


def _one(factors):
    span = (factors[0].span[0], factors[-1].span[1])
    return factors[0] if len(factors) == 1 else Node("juxt", factors, "", span)


def _squared(variable):
    """w_j^2 in the denominator of a second derivative is w_j twice."""
    if variable.kind == "post" and variable.kids[-1].kind == "superscript":
        kids = variable.kids[:-1]
        base = kids[0] if len(kids) == 1 else Node("post", kids, "", (variable.span[0], kids[-1].span[1]))
        return [base, base]
    return [variable, variable]
