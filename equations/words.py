"""An equation read aloud, for those who hear the page."""

import re

from equations.evaluation import parts
from equations.reading import read
from equations.symbols import FUNCTIONS, meaning

RELATIONS = {"=": "equals", r"\leftarrow": "becomes", r"\approx": "is about", r"\in": "is in", r"\ne": "differs from",
             "<": "is less than", ">": "is greater than", r"\le": "is at most", r"\ge": "is at least",
             r"\ll": "is much less than", r"\gg": "is much greater than"}
GREEK = ["alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa", "lambda", "mu", "nu", "omega", "rho",
         "phi", "pi", "psi", "sigma", "tau", "xi", "zeta", "chi"]


def spoken(tex, scene=""):
    """The whole equation in words. Raises Unreadable."""
    sentences = []
    for statement in read(tex):
        speaker = Speaker(scene)
        text = ", ".join(speaker.say(item) for item in statement.items)
        for condition in statement.conditions:
            text += ", for " + ", ".join(speaker.say(item) for item in condition)
        sentences.append(re.sub(r",( ?,)+", ",", text).replace(",;", ";").rstrip(", "))
    return "; ".join(sentences)


class Speaker:
    """Turns trees into words; complex parts are fenced by words, so that the ear hears where they end."""

    def __init__(self, scene=""):
        self.scene = scene

    def say(self, node):
        return getattr(self, "say_" + node.kind, self.all)(node)

    def all(self, node):
        return " ".join(self.say(k) for k in node.kids)

    def fenced(self, node):
        inner = node.bare()
        if inner.kind in ("add", "sub", "neg", "dotsum", "chain"):
            return f"the quantity {self.say(inner)}, end quantity,"
        return self.say(inner)

    def say_number(self, node):
        return node.text

    def say_name(self, node):
        return self.name(node.text)

    def name(self, text):
        known = meaning(text, self.scene)
        if known:
            return known.words
        if text in FUNCTIONS:
            return FUNCTIONS[text]
        plain = text.strip("\\").replace("mathrm{i}", "i")
        for mark, word in (("hat", "hat"), ("bar", "bar"), ("tilde", "tilde"), ("mathcal", "script"),
                           ("mathbf", "bold"), ("mathbb", "")):
            if plain.startswith(mark + "{"):
                inner = plain[len(mark) + 1:-1]
                if mark == "mathbf" and inner == "1":
                    return "a column of ones"
                if mark == "mathbb":
                    return {"R": "the real numbers", "N": "the whole numbers", "1": "one if"}.get(inner, inner)
                return f"{self.name(inner)} {word}" if mark in ("hat", "bar", "tilde") else f"{word} {self.name(inner)}"
        if plain.lower() in GREEK:
            return plain if plain.islower() else f"capital {plain}"
        if len(plain) == 1 and plain.isupper():
            return f"capital {plain}"
        return {"nabla": "the gradient of", "infty": "infinity"}.get(plain, plain)

    def say_chain(self, node):
        words = [self.say(node.kids[0])]
        for relation, kid in zip(node.text.split(), node.kids[1:], strict=True):
            words += [RELATIONS[relation], self.say(kid)]
        return " ".join(words)

    def say_items(self, node):
        return ", ".join(self.say(k) for k in node.kids)

    def say_neg(self, node):
        return f"minus {self.fenced(node.kids[0])}"

    def say_pos(self, node):
        return self.say(node.kids[0])

    def say_add(self, node):
        return f"{self.say(node.kids[0])} plus {self.say(node.kids[1])}"

    def say_sub(self, node):
        return f"{self.say(node.kids[0])} minus {self.say(node.kids[1])}"

    def say_dotsum(self, node):
        return f"{self.say(node.kids[0])}, and so on, plus {self.say(node.kids[-1])}"

    def say_dotprod(self, node):
        return f"{self.say(node.kids[0])}, and so on, times {self.say(node.kids[-1])}"

    def say_dots(self, node):
        return "and so on to"

    def say_odot(self, node):
        return f"{self.say(node.kids[0])}, times element by element {self.say(node.kids[1])}"

    def say_cdot(self, node):
        return f"{self.say(node.kids[0])} times {self.say(node.kids[1])}"

    def say_times(self, node):
        return f"{self.say(node.kids[0])} by {self.say(node.kids[1])}"

    def say_over(self, node):
        return f"{self.say(node.kids[0])} over {self.say(node.kids[1])}"

    def say_frac(self, node):
        top, bottom = node.kids
        simple = all(k.kind in ("number", "name", "post") for k in node.kids)
        return f"{self.say(top)} over {self.say(bottom)}" if simple else (
            f"the fraction {self.say(top)}, over {self.say(bottom)}, end fraction,")

    def say_sqrt(self, node):
        return f"the square root of {self.fenced(node.kids[0])}"

    def say_norm(self, node):
        return f"the length of {self.fenced(node.kids[0])}"

    def say_absolute(self, node):
        return f"the absolute value of {self.fenced(node.kids[0])}"

    def say_paren(self, node):
        return self.fenced(node)

    say_bracket = say_paren

    def say_group(self, node):
        return self.say(node.kids[0])

    def say_set(self, node):
        return f"the set {self.say(node.kids[0])}"

    def say_juxt(self, node):
        words = []
        for k, kid in enumerate(node.kids):
            head = kid.kids[0] if kid.kind == "post" else kid
            call = k and self.is_function(node.kids[k - 1]) and head.kind in ("paren", "bracket")
            if call and words[-1].endswith(" of"):
                words[-1] = words[-1].removesuffix(" of")
            if k and not call and not self.is_function(node.kids[k - 1]) and node.kids[k - 1].kind != "operator":
                words.append("times")
            words.append("of " + self.say(kid) if call else self.say(kid))
        return " ".join(words)

    @staticmethod
    def is_function(node):
        head = node.kids[0] if node.kind == "post" else node
        return head.kind == "name" and (head.text in FUNCTIONS or head.text in (
            r"\nabla", "softmax", "ReLU", "sigmoid", "tanh", "f", "g", "h", "F", "C", r"\mathbb{1}", "LeakyReLU"))

    def say_post(self, node):
        words = self.fenced(node.kids[0])
        if node.kids[0].kind == "name" and node.kids[0].text == r"\nabla":
            return f"the gradient by {self.say(node.kids[1].kids[0])} of"
        if node.kids[0].kind == "name" and node.kids[0].text.startswith(r"\mathbb{") and "1" not in node.kids[0].text:
            return f"{words}, {self.say(node.kids[1].kids[0])}"
        if words == "e" and node.kids[1].kind == "superscript":
            return f"e to the power {self.fenced(node.kids[1].kids[0])}"
        after = []
        for script in node.kids[1:]:
            if script.kind == "prime":
                words += " prime"
            elif script.kind == "subscript":
                after.append("sub " + " ".join(self.index(p) for p in parts(script.kids[0])))
            else:
                after += [self.superscript(p) for p in self.superscripts(script.kids[0])]
        return " ".join([words, *after])

    def index(self, node):
        return " ".join(node.text) if node.kind == "number" and len(node.text) == 2 else self.say(node)

    @staticmethod
    def superscripts(node):
        inside = parts(node)
        return inside if any(p.kind in ("bracket", "paren", "transpose") for p in inside) else [node]

    def superscript(self, part):
        if part.kind == "transpose":
            return "transposed"
        if part.kind == "bracket":
            return f"of layer {self.say(part.kids[0])}"
        if part.kind == "paren":
            return f"of example {self.say(part.kids[0])}" if self.scene not in ("bowl", "parabola") else (
                f"at step {self.say(part.kids[0])}")
        if part.kind == "number" and part.text == "2":
            return "squared"
        return f"to the power {self.fenced(part)}"

    def say_transpose(self, node):
        return "transposed"

    def say_sum(self, node):
        return self.big("the sum", node)

    def say_prod(self, node):
        return self.big("the product", node)

    def big(self, what, node):
        limits, upper, body = node.kids
        over = f"over {self.say(limits)}" + (f" to {self.say(upper)}" if upper.kind != "blank" else "")
        return f"{what} {over.replace('equals', 'from')} of {self.say(body)}"

    def say_derivative(self, node):
        top, *bottom = node.kids
        again = "second " if len(bottom) > 1 else ""
        return f"the {again}derivative of {self.fenced(top)} by {' and '.join(self.say(b) for b in bottom)}"

    def say_operator(self, node):
        return f"the derivative by {' and '.join(self.say(b) for b in node.kids)} of"

    def say_matrix(self, node):
        rows = node.kids[0].kids
        said = [", ".join(self.say(c) for c in row.kids if c.kind not in ("bar", "blank")) for row in rows]
        return "the matrix with rows " + "; ".join(said) + "; end matrix"

    def say_cases(self, node):
        return "; ".join(self.say(k) for k in node.kids) + "; end of cases"

    def say_when(self, node):
        return f"{self.say(node.kids[0])} if {self.say(node.kids[1])}"

    def say_otherwise(self, node):
        return f"{self.say(node.kids[0])} otherwise"

    def say_bar(self, node):
        return ""

    say_blank = say_partial = say_empty = say_bar
