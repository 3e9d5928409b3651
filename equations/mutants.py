"""Proof that a check can fail: wrong versions of an equation, made mechanically, and what came of each.

Every mutant is an edit of the printed LaTeX at a place that the tree names. Mutants that only look different
(factors of numbers exchanged, a square of y - a for a - y) are recognised or listed with their reason, and
not counted.
"""

import itertools
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from equations import checking
from equations.evaluation import Evaluator
from equations.reading import INDEX_LETTERS, Unreadable, read
from equations.scenes import SCENES

AT_MOST = 30  # mutants of one equation, spread over the operators
ENOUGH = 5    # fewer than this for an executed equation is a complaint
INEQUALITIES = {"<", ">", r"\le", r"\ge", r"\ne"}
BOUND = "a looser bound is true as well"
KRONECKER = "the two indices of Kronecker's delta may be exchanged"

# (label, part of the mutant that the original does not have): why the mutant is true as well. Found by reading.
ONE_IN_TOTAL = "targets and answers both sum to 1"
TWICE = "a ReLU of a ReLU is the same ReLU, and A is positive where Z is"
PAIRED = "any weight times any input has this variance: they are independent and alike"
ROUNDED = "the rounded number is the same"
EQUIVALENT = {
    ("eq-bp1-index", r"a^{[L]}_j } \frac"): "only the term k = j of the sum is not 0",
    ("eq-softmax-total", r"\frac{\sum_{k=1}"): "numerator and denominator are equal",
    ("eq-softmax-total", "y _i"): ONE_IN_TOTAL,
    ("eq-net-y", r"\hat{Y}"): "targets and answers have one shape, and both sum to 1",
    ("eq-net-a1", r"\operatorname{ReLU}(A "): TWICE,
    ("eq-net-a1", r"\max(0, A "): TWICE,
    ("eq-net-delta1", r"\operatorname{ReLU}'(A "): TWICE,
    ("eq-variance-neuron", "w_i"): PAIRED,
    ("eq-variance-neuron", "w_n"): PAIRED,
    ("eq-variance-neuron", "x_i"): PAIRED,
    ("eq-variance-error", "w_o"): PAIRED,
    ("eq-accuracy-error", "0.98"): ROUNDED,
    ("eq-bptt-U", "t=2"): "h_0 is 0, and so is the first term",
    ("eq-accuracy-error", "10001"): ROUNDED,
}


@dataclass
class Mutant:
    """A wrong version: which kind of mistake, its LaTeX, the place of the edit, and what the check said."""

    kind: str
    tex: str
    message: str = ""
    same: str = ""        # why it would say the same as the original, if the check accepts it
    equivalent: str = ""

    @property
    def rejected(self):
        return bool(self.message)


@dataclass
class Outcome:
    made: int = 0
    rejected: int = 0
    equivalent: list = field(default_factory=list)
    survivors: list = field(default_factory=list)
    complaints: list = field(default_factory=list)
    by_kind: dict = field(default_factory=lambda: defaultdict(lambda: [0, 0]))


# -- making ---------------------------------------------------------------------------------------------------

class Maker:
    """The edits of one equation: (kind, start, end, replacement)."""

    def __init__(self, tex, scene, sizes=None, let=None):
        self.tex, self.edits = tex, []
        self.scene = checking.make_scene(scene, 0, sizes, let)
        self.statements = read(tex)
        self.observe(scene, sizes, let)
        self.letters = set()
        for statement in self.statements:
            self.letters |= set(checking.Trial(self.scene, statement, checking.Verdict(True)).letters())
            for item in statement.items:
                self.letters |= {n.text for n in item.walk() if n.kind == "name" and n.text in INDEX_LETTERS
                                 and n.text not in self.scene.symbols}
        for statement in self.statements:
            for item in statement.items:
                self.whole(item)
                for node, parents in descend(item):
                    self.node(node, parents)

    def observe(self, scene, sizes, let):
        """Watch one run of the check: where arrays are multiplied, and which places are always 1, 0 or symmetric."""
        always, arrays = {}, set()
        product, evaluate, factor = Evaluator.product, Evaluator.evaluate, Evaluator.factor

        def note(span, value):
            if not isinstance(value, np.ndarray | np.floating | float) or np.iscomplexobj(value):
                return
            value = np.asarray(value)
            before = always.get(span, (True, True, True))
            square = value.ndim == 2 and value.shape[0] == value.shape[1]
            always[span] = (before[0] and near(value, 1), before[1] and near(value, 0),
                            before[2] and square and near(value, value.T))

        def watched_product(evaluator, x, y, left, right):
            if getattr(x, "shape", None) != () and getattr(y, "shape", None) != () and not evaluator.scene.random:
                arrays.add(right.span)
            return product(evaluator, x, y, left, right)

        def watched_evaluate(evaluator, node):
            value = evaluate(evaluator, node)
            note(node.span, value)
            return value

        def watched_factor(evaluator, nodes, k):
            value, end = factor(evaluator, nodes, k)
            note((nodes[k].span[0], nodes[end - 1].span[1]), value)
            return value, end
        Evaluator.product, Evaluator.evaluate, Evaluator.factor = watched_product, watched_evaluate, watched_factor
        try:
            checking.check(self.tex, scene, sizes, let)
        finally:
            Evaluator.product, Evaluator.evaluate, Evaluator.factor = product, evaluate, factor
        self.arrays = arrays
        self.always = {(span, name) for span, facts in always.items()
                       for name, holds in zip(("1", "0", "symmetric"), facts, strict=True) if holds}

    def edit(self, kind, start, end, text, same=""):
        """Note an edit. same: why the result would say the same, if it is accepted."""
        self.edits.append((kind, start, end, text, same))

    def source(self, node):
        return self.tex[slice(*node.span)]

    def same_if(self, node, fact, reason):
        return reason if (node.span, fact) in self.always else ""

    def whole(self, item):
        """Mistakes that any statement can carry: a factor, a sign, a term too much on one side."""
        if item.kind != "chain":
            return
        relations = item.text.split()
        for relation, left, right in zip(relations, item.kids, item.kids[1:], strict=False):
            start, end = right.span
            body = self.source(right)
            if relation in ("=", r"\approx", r"\leftarrow"):
                zero = self.same_if(right, "0", "it is 0, whatever the factor or the sign")
                self.edit("factor", start, start, "2 " if not body.lstrip()[:1].isdigit() else r"2 \cdot ", zero)
                turned = f"-({body})" if right.kind in ("add", "sub", "neg") else f"-{body}"
                self.edit("sign", start, end, turned, zero)
                self.edit("term", end, end, " + 1")
                if "m" in self.scene.sizes:
                    self.edit("1/m", start, start, r"\frac{1}{m} ")
            elif relation in ("<", ">", r"\le", r"\ge", r"\ne"):
                turned = {"<": ">", ">": "<", r"\le": r"> ", r"\ge": r"< ", r"\ne": "= "}[relation]
                between = self.tex[left.span[1]:start]
                spots = [k for k in (between.find(s) for s in (relation, relation + "q")) if k >= 0]
                if spots:
                    at = left.span[1] + spots[0]
                    self.edit("relation", at, at + len(relation) + between[spots[0] + len(relation):].startswith("q"),
                              turned)
                less = relation in ("<", r"\le")
                self.edit("sign", start, end, f"-9 - ({body})" if less else f"9 + ({body})", BOUND)
                self.edit("term", *left.span, self.source(left) + (" + 9" if less else " - 9"), BOUND)
            elif relation == r"\in":
                self.membership(right)

    def membership(self, right):
        text = self.source(right)
        if right.kind in ("set", "paren", "bracket") or (right.kind == "group" and right.kids[0].kind == "set"):
            self.edit("range", *right.span, r"\{7, 9\}")
            self.edit("range", *right.span, "(-9, -8)")
        elif "^" not in text:
            self.edit("shape", right.span[1], right.span[1], "^{n}")
            self.edit("shape", right.span[1], right.span[1], r"^{2 \times 2}")
        else:
            script = right.kids[1].kids[0]
            at = script.span
            self.edit("shape", at[1], at[1], " + 1")
            self.edit("shape", at[0], at[0], r"2 \times ")
            self.edit("shape", at[1], at[1], r" \times 2")
            self.edit("shape", *right.span, r"\mathbb{R}")
            if script.kind == "times":
                a, b = script.kids
                self.edit("shape", *at, f"{self.source(b)} \\times {self.source(a)}")
                self.edit("shape", a.span[1], a.span[1], " + 1")

    def node(self, node, parents):
        parent = parents[-1] if parents else None
        handler = getattr(self, "at_" + node.kind, None)
        if handler:
            handler(node, parent, parents)

    def operator(self, left, right, signs):
        between = self.tex[left.span[1]:right.span[0]]
        k = max(between.rfind(s) for s in signs)
        return left.span[1] + k if k >= 0 else None

    def at_add(self, node, parent, parents):
        at = self.operator(*node.kids, "+")
        if at is None or any(p.kind in ("subscript", "superscript", "limits") for p in parents):
            return
        zero = self.same_if(node.kids[1], "0", "the term is 0")
        self.edit("sign", at, at + 1, "-", zero)
        if parent is None or parent.kind != "dotsum":
            self.edit("lost term", at, node.kids[1].span[1], " ", zero)

    def at_sub(self, node, parent, parents):
        at = self.operator(*node.kids, "-")
        if at is None or any(p.kind in ("subscript", "superscript", "limits") for p in parents):
            return
        self.edit("sign", at, at + 1, "+")
        self.edit("lost term", at, node.kids[1].span[1], " ")

    def at_neg(self, node, parent, parents):
        at = self.tex.index("-", node.span[0])
        self.edit("sign", at, at + 1, " ")

    def at_post(self, node, parent, parents):
        if any(p.kind in ("subscript",) for p in parents):
            return
        for script in node.kids[1:]:
            if script.kind == "prime":
                self.edit("prime", *script.span, " ")
            elif script.kind == "superscript":
                self.superscript(node, script, parents)
            elif script.kind == "subscript":
                self.subscript(node, script, parents)

    def superscript(self, node, script, parents):
        inside = list(script.walk())
        if any(n.kind == "transpose" for n in inside):
            self.edit("transpose", *script.span, " ",
                      self.same_if(node, "symmetric", "the matrix is its own transpose"))
        for bracket in (n for n in inside if n.kind == "bracket"):
            at, text = bracket.kids[0].span, self.source(bracket.kids[0]).strip()
            for other in (("l-1", "l+1") if text == "l" else ("l",) if text.startswith("l") else
                          ("L-1",) if text == "L" else (str(int(text) + 1), str(int(text) - 1)) if text.isdigit()
                          else ("L",)):
                self.edit("layer", *at, other)
        kid = script.kids[0]
        if kid.kind == "number":
            self.edit("power", *script.span, " ")
            self.edit("power", *kid.span, f"{float(kid.text) + 1:g}")

    def subscript(self, node, script, parents):
        branch = next((p for p in reversed(parents) if p.kind == "when"), None)
        same = "the indices are equal in this case" if branch and branch.kids[1].text == "=" else ""
        letters = [n for n in script.kids[0].walk() if n.kind == "name" and n.text in self.letters]
        if len(letters) >= 2 and script.kids[0].kind in ("juxt", "items"):
            a, b = letters[0], letters[-1]
            text = self.tex[a.span[0]:a.span[1]], self.tex[b.span[0]:b.span[1]]
            self.edit("index", a.span[0], b.span[1], text[1] + self.tex[a.span[1]:b.span[0]] + text[0],
                      same or (KRONECKER if node.kids[0].text == r"\delta" else ""))
        for letter in letters:
            for other in sorted(self.letters - {letter.text})[:2]:
                self.edit("index", *letter.span, other, same)
        if self.scene.last_time and script.kids[0].kind == "name" and script.kids[0].text == "t":
            self.edit("time", *script.kids[0].span, "{t-1}")
        elif script.kids[0].kind == "sub" and self.source(script.kids[0]).replace(" ", "") == "t-1":
            self.edit("time", *script.kids[0].span, "t")

    def at_name(self, node, parent, parents):
        if any(p.kind == "subscript" for p in parents) or node.text not in self.scene.symbols:
            return
        symbol = self.scene.symbols[node.text]
        alike = [name for name, other in self.scene.symbols.items()
                 if (other.shows, other.layered, other.time) == (symbol.shows, symbol.layered, symbol.time)
                 and (other.quantity, other.layer) != (symbol.quantity, symbol.layer)
                 and name not in self.scene.functions and "_" not in name]
        k = list(self.scene.symbols).index(node.text)
        alike.sort(key=lambda name: abs(list(self.scene.symbols).index(name) - k))
        for name in alike[:2]:
            self.edit("symbol", *node.span, name + " ", self.same_symbol(symbol, self.scene.symbols[name], parents))

    def same_symbol(self, one, other, parents):
        values = self.scene.values()
        x, y = (values.get((s.quantity, s.layer)) for s in (one, other))
        if x is not None and y is not None and x.shape == y.shape and np.array_equal(x, y):
            return "both symbols show the same numbers in this scene"
        pair = {one.quantity.lower(), other.quantity.lower()}
        if pair == {"z", "b"} and any(p.kind == "derivative" for p in parents):
            return "z changes with b at slope 1, so that both derivatives are the same"
        if any(p.kind == "chain" and set(p.text.split()) & INEQUALITIES for p in parents):
            return BOUND
        return ""

    def at_juxt(self, node, parent, parents):
        if any(p.kind in ("subscript",) for p in parents):
            return
        for a, b in itertools.pairwise(node.kids):
            if b.span in self.arrays or (b.span[0], node.span[1]) in self.arrays:
                self.edit("order", a.span[0], b.span[1], self.source(b) + " " + self.source(a))
                self.edit("product", a.span[1], b.span[0], r" \odot ")
        for k, kid in enumerate(node.kids):
            same = self.same_if(kid, "1", "the factor is 1")
            if k and node.kids[k - 1].kind == "name" and node.kids[k - 1].text in self.scene.arguments:
                same = "C alone stands for C of its arguments"
            self.edit("lost factor", *kid.span, " ", same)

    def at_odot(self, node, parent, parents):
        between = self.tex[node.kids[0].span[1]:node.kids[1].span[0]]
        name = next((s for s in (r"\odot", r"\circ") if s in between), None)
        if name:
            at = node.kids[0].span[1] + between.index(name)
            self.edit("product", at, at + len(name), " ")
        self.edit("lost factor", node.kids[0].span[1], node.kids[1].span[1], " ")

    def at_cdot(self, node, parent, parents):
        self.edit("lost factor", node.kids[0].span[1], node.kids[1].span[1], " ",
                  self.same_if(node.kids[1], "1", "the factor is 1"))
        at = self.operator(*node.kids, [r"\cdot"])
        if at is not None:
            self.edit("sign", at, at + 5, "+")

    def at_over(self, node, parent, parents):
        self.edit("lost factor", node.kids[0].span[1], node.kids[1].span[1], " ")

    def at_frac(self, node, parent, parents):
        top, bottom = (self.tex[k.span[0]:k.span[1]] for k in node.kids)
        bound = BOUND if any(p.kind == "chain" and set(p.text.split()) & INEQUALITIES for p in parents) else ""
        has_m = any(n.kind == "name" and n.text in ("m", "B") for n in node.kids[1].walk())
        self.edit("1/m" if has_m else "fraction", *node.span, rf"\frac{{{bottom}}}{{{top}}}", bound)
        self.edit("1/m" if has_m else "fraction", *node.span, rf"\frac{{{top}}}{{1}}", bound)

    def at_number(self, node, parent, parents):
        if any(p.kind in ("subscript", "superscript", "limits") for p in parents):
            return
        bound = BOUND if any(p.kind == "chain" and set(p.text.split()) & INEQUALITIES for p in parents) else ""
        if "." in node.text:
            whole, part = node.text.split(".")
            self.edit("number", *node.span, f"{whole}.{part[:-1]}{(int(part[-1]) + 3) % 10}", bound)
        else:
            self.edit("number", *node.span, str(int(node.text) + 1), bound)

    def at_sum(self, node, parent, parents):
        limits, upper, body = node.kids
        if limits.kind == "chain" and limits.text == "=":
            self.edit("sum range", *limits.kids[1].span, "2")
        elif limits.kind == "chain" and limits.text == r"\ne":
            self.edit("sum range", limits.kids[0].span[1], limits.span[1], " ")
        if upper.kind != "blank":
            text = self.source(upper)
            self.edit("sum range", *upper.span, f"{{{text}-1}}" if self.tex[upper.span[0] - 1] == "^" else f"{text}-1")
            sizes = [s for s in self.scene.sizes if s not in ("L", text) and len(s) <= 3]
            for other in sizes[:1]:
                self.edit("sum range", *upper.span, f"{{{other}}}" if self.tex[upper.span[0] - 1] == "^" else other)
        if limits.kind != "items":
            first = limits.kids[0] if limits.kind == "chain" else limits
            for other in sorted(self.letters - {first.text})[:1]:
                self.edit("sum axis", *first.span, other)
        self.edit("lost sum", node.span[0], body.span[0], " ")

    at_prod = at_sum

    def at_when(self, node, parent, parents):
        chain = node.kids[1]
        if chain.kind != "chain":
            return
        a, b = chain.kids[:2]
        between = self.tex[a.span[1]:b.span[0]]
        for relation, other in ((r"\neq", "="), (r"\ne", "="), (r"\geq", "<"), (r"\ge", "<"), (r"\leq", ">"),
                                (r"\le", ">"), (">", "<"), ("<", ">"), ("=", r"\ne ")):
            if relation in between:
                at = a.span[1] + between.index(relation)
                self.edit("case", at, at + len(relation), other)
                break


def near(value, other):
    return bool((np.abs(value - other) < 1e-12).all())


def descend(node, parents=()):
    yield node, parents
    for kid in node.kids:
        yield from descend(kid, (*parents, node))


def edited(tex, start, end, text):
    joint = tex[:start].rstrip()[-1:] if text.strip() else ""
    gap = " " if joint.isalpha() or joint == "" else ""
    return tex[:start] + gap + text + (" " if text[-1:].isalpha() else "") + tex[end:]


def key_of(statements):
    """What a reading says, to recognise a mutant that reads like another."""
    def flat(node):
        node = node.bare()
        return node.kind, node.text, tuple(flat(k) for k in node.kids)
    return tuple((tuple(flat(i) for i in s.items), tuple(tuple(flat(i) for i in c) for c in s.conditions))
                 for s in statements)


def make(tex, scene, sizes=None, let=None, first=()):
    """The mutants of an equation, one by one, in turn from each kind of mistake; at most AT_MOST.

    first: the kinds to begin with.
    """
    maker = Maker(tex, scene, sizes, let)
    seen, kinds = {key_of(maker.statements)}, {kind: [] for kind in first}
    for edit in maker.edits:
        kinds.setdefault(edit[0], []).append(edit)
    made = 0
    for kind, start, end, text, same in filter(None, itertools.chain(*itertools.zip_longest(*kinds.values()))):
        new = edited(tex, start, end, text)
        try:
            key = key_of(read(new))
        except (Unreadable, IndexError, ValueError):
            continue
        if key not in seen:
            seen.add(key)
            yield Mutant(kind, new, same=same)
            made += 1
            if made == AT_MOST:
                return


# -- trying -----------------------------------------------------------------------------------------------------

def try_equation(result):
    """The mutants of an executed equation, each with what its check said."""
    equation = result.equation
    settings = equation.settings
    sizes, let = settings.get("sizes"), settings.get("let")
    scenes = [v.scene for v in result.verdicts]
    made = list(make(equation.tex, scenes[0], sizes, let))
    for mutant in made:
        try_mutant(mutant, scenes, settings)
        if not mutant.rejected:
            mutant.equivalent = mutant.same or why_equivalent(equation, mutant)
    return made


def try_mutant(mutant, scenes, settings):
    """Check a mutant in the scenes of its equation, until one rejects it."""
    for scene in scenes:
        verdict = checking.check(mutant.tex, scene, settings.get("sizes"), settings.get("let"))
        if not verdict.ok:
            mutant.message = verdict.message
            return


def why_equivalent(equation, mutant):
    for (label, part), reason in EQUIVALENT.items():
        if label == equation.label and part in mutant.tex and part not in equation.tex:
            return reason
    return ""


def try_all(results):
    """The Outcome of the mutants of many executed equations."""
    outcome = Outcome()
    for result in results:
        add(outcome, result.equation, try_equation(result))
    return outcome


def add(outcome, equation, mutants):
    counted = [m for m in mutants if not m.equivalent]
    outcome.equivalent += [(equation.label, m) for m in mutants if m.equivalent]
    for mutant in counted:
        outcome.made += 1
        outcome.by_kind[mutant.kind][0] += 1
        if mutant.rejected:
            outcome.rejected += 1
            outcome.by_kind[mutant.kind][1] += 1
        else:
            outcome.survivors.append((equation.label, mutant))
            outcome.complaints.append(f"  {equation.label}: a wrong version passes ({mutant.kind}): "
                                      + " ".join(mutant.tex.split()))
    if len(counted) < ENOUGH:
        outcome.complaints.append(f"  {equation.label}: only {len(counted)} wrong versions could be made")


__all__ = ["EQUIVALENT", "SCENES", "Mutant", "Outcome", "make", "try_all", "try_equation"]
