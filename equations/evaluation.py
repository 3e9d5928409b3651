"""Trees to numbers, strict about shapes: numbers (), columns (n, 1), matrices (p, q).

The grammar knows nothing of meaning; here a juxtaposition becomes a matrix product, a scaling or a call, a
superscript a layer, an example, a transpose or a power, by what the scene declares and by the shapes.
"""

import numpy as np

from equations.reading import Node
from equations.scenes import CONSTANTS, STEP, Outside, Unknown, Unwritten

COARSE = 1e-5  # relative tolerance where second derivatives come from differences


class Wrong(Exception):
    """The equation is wrong, or says something that has no meaning. The message is for its author."""


class Nested(Exception):
    """A derivative was asked for while an imaginary step is under way: the outer one must use differences."""


class Flexible:
    """A column of ones, an identity or a unit vector: its length is whatever fits."""

    def __init__(self, kind, index=None, transposed=False):
        self.kind, self.index, self.transposed = kind, index, transposed

    @property
    def T(self):
        return Flexible(self.kind, self.index, not self.transposed)

    def of_length(self, n):
        if self.kind == "identity":
            return np.eye(n)
        column = np.ones((n, 1)) if self.kind == "ones" else np.eye(n)[:, [self.at(n)]]
        return column.T if self.transposed else column

    def at(self, n):
        if not 1 <= self.index <= n:
            raise Outside(f"e_{self.index} in {n} dimensions")
        return self.index - 1

    def like(self, other):
        """This, in the shape that a sum with `other` needs."""
        n = other.shape[1] if self.transposed else other.shape[0]
        return self.of_length(n)


def shape_of(value):
    return "a number" if value.shape == () else " x ".join(map(str, value.shape))


def parts(node):
    """What stands side by side in a script: {[l](i)} gives [l] and (i)."""
    node = node.kids[0] if node.kind in ("group", "empty") and len(node.kids) == 1 else node
    return node.kids if node.kind in ("juxt", "items") else [node]


def spelled(node):
    """A script as text, to look up symbols such as \\beta_1 and n_{in}."""
    if node.kind in ("name", "number"):
        return node.text
    inner = "".join(spelled(k) for k in node.kids)
    return {"paren": f"({inner})", "bracket": f"[{inner}]", "subscript": f"_{inner}"}.get(node.kind, inner)


class Evaluator:
    """Evaluates the trees of one statement in one scene."""

    def __init__(self, scene, statement):
        self.scene, self.statement = scene, statement
        self.indices = {}      # index letter -> its present value
        self.ranges = {}       # index letter -> {(first, last): what it runs over}
        self.overrides = {}    # quantities set to other values, by a call such as C(theta + h)
        self.nudge = None      # the imaginary step under way
        self.coarse = False    # a difference quotient was used
        self.seen = {}         # span of a symbol -> (its shape, the indices at that moment)
        self.branches = {}     # span of a branch of cases -> whether it was ever taken

    def source(self, node):
        return self.statement.source(node)

    def values(self):
        return self.scene.values(self.overrides, self.nudge)

    # -- whole numbers: indices, layers, limits ------------------------------------------------------------
    def integer(self, node):
        node = node.bare()
        if node.kind == "number" and "." not in node.text:
            return int(node.text)
        if node.kind in ("add", "sub"):
            a, b = (self.integer(k) for k in node.kids)
            return a + b if node.kind == "add" else a - b
        if node.kind == "neg":
            return -self.integer(node.kids[0])
        if node.kind == "juxt" or node.kind == "cdot":
            product = 1
            for kid in node.kids:
                product *= self.integer(kid)
            return product
        if node.kind == "name" and node.text in self.indices:
            return self.indices[node.text]
        size = self.size(node)
        if size is not None:
            return size
        if node.kind in ("name", "post"):
            try:
                value = self.evaluate(node)
            except Unknown:
                raise Wrong(f"the index {self.source(node)} is bound nowhere") from None
            if value.shape == () and float(np.real(value)).is_integer():
                return int(np.real(value))
        raise Wrong(f"{self.source(node)} is not a whole number here")

    def size(self, node):
        """n, m, L, n_l, n^{[l]}, |B|, or None if the node is no size."""
        node = node.bare()
        scene = self.scene
        if node.kind == "absolute" and node.kids[0].kind == "name" and node.kids[0].text in scene.sets:
            return len(scene.sets[node.kids[0].text])
        if node.kind == "name" and node.text not in scene.symbols:
            return scene.sizes.get(node.text)
        if node.kind == "post" and node.kids[0].kind == "name" and len(node.kids) == 2:
            name, script = node.kids[0].text, node.kids[1]
            if script.kind not in ("subscript", "superscript"):
                return None
            inner = script.kids[0]
            if script.kind == "subscript" and f"{name}_{spelled(inner)}" in scene.sizes:
                return scene.sizes[f"{name}_{spelled(inner)}"]
            if script.kind == "subscript" and f"{name}_{{{spelled(inner)}}}" in scene.sizes:
                return scene.sizes[f"{name}_{{{spelled(inner)}}}"]
            if name == "n" and scene.layers and (script.kind == "subscript" or inner.kind == "bracket"):
                layer = self.integer(inner.bare() if inner.kind == "bracket" else inner)
                self.over(inner.bare(), (1, scene.depth), "the layers")
                if not 0 <= layer < len(scene.layers):
                    raise Outside(f"layer {layer}")
                return scene.layers[layer]
        return None

    def over(self, node, bounds, what):
        """Note what an index runs over, if the node is one."""
        if node.kind == "name" and node.text in self.indices:
            self.ranges.setdefault(node.text, {}).setdefault(bounds, what)

    def position(self, node, size, what):
        index = self.integer(node)
        self.over(node.bare(), (1, size), what)
        if not 1 <= index <= size:
            raise Outside(f"index {index} (of 1 to {size}) of {what}")
        return index - 1

    def positions(self, nodes, shape, what):
        """Indices as printed -> a tuple of positions in an array of this shape."""
        if shape == ():
            raise Wrong(f"{what} is a number: it has no index")
        axes = [k for k, n in enumerate(shape) if n != 1 or len(shape) != 2] or [0]
        if len(nodes) == 1 and len(axes) == 2 and nodes[0].kind == "number" and len(nodes[0].text) == 2:
            nodes = [Node("number", [], c, nodes[0].span) for c in nodes[0].text]
        if len(nodes) == 2 and len(axes) == 1 and len(shape) == 2:
            axes = [0, 1]
        if len(nodes) != len(axes):
            raise Wrong(f"{what} has {len(axes)} {'index' if len(axes) == 1 else 'indices'}, "
                        f"{len(nodes)} {'is' if len(nodes) == 1 else 'are'} written")
        where = [0] * len(shape)
        for axis, node in zip(axes, nodes, strict=True):
            where[axis] = self.position(node, shape[axis], what)
        return tuple(where)

    # -- symbols --------------------------------------------------------------------------------------------
    def split(self, node):
        """(name, scripts) of a symbol; names such as \\beta_1 take their subscript along."""
        if node.kind == "name":
            return node.text, []
        name, scripts = node.kids[0].text, list(node.kids[1:])
        for k, script in enumerate(scripts):
            if script.kind in ("subscript", "superscript"):
                mark = "_" if script.kind == "subscript" else "^"
                text = spelled(script.kids[0])
                for whole in (f"{name}{mark}{text}", f"{name}{mark}{{{text}}}"):
                    if whole in self.scene.symbols:
                        return whole, scripts[:k] + scripts[k + 1:]
        return name, scripts

    def is_symbol(self, node):
        return node.kind == "name" or (node.kind == "post" and node.kids[0].kind == "name")

    def locate(self, node, after_nabla=False):
        """(key, selection, leftover scripts) of a printed symbol. Raises Unknown, Outside, Wrong."""
        scene = self.scene
        name, scripts = self.split(node)
        if name not in scene.symbols:
            raise Unknown(name)
        symbol = scene.symbols[name]
        layer = time = example = components = None
        rest = []
        for script in scripts:
            if script.kind == "prime":
                raise Wrong(f"a prime on ${name}$: only a function has a derivative written so")
            if script.kind == "superscript":
                for part in parts(script.kids[0]):
                    if part.kind == "bracket":
                        layer = part.bare()
                    elif part.kind == "paren" and symbol.time == "(":
                        time = part.bare()
                    elif part.kind == "paren":
                        example = part.bare()
                    else:
                        rest.append(Node("superscript", [part], "", script.span))
            elif symbol.time == "_":
                time, *components = parts(script.kids[0])
                components = components or None
            elif symbol.examples and symbol.shows == "whole":
                example = script.kids[0]
            elif components is not None:
                raise Wrong(f"${name}$ carries two subscripts")
            else:
                components = parts(script.kids[0])
        if example is not None and symbol.examples:
            row = self.fetch((symbol.examples, None), name)
            return (symbol.examples, None), (self.position(example, row.size, f"${name}$"),), rest
        at = None
        if symbol.time and time is not None:
            at = self.integer(time)
            self.over(time, (1, scene.last_time), "the steps")
        elif layer is not None:
            if not symbol.layered:
                raise Unwritten(f"${name}$ belongs to no layer: what is [{self.source(layer)}]?")
            at = self.integer(layer)
            self.over(layer, (1, scene.depth), "the layers")
        elif symbol.layer is not None:
            at = symbol.layer
        elif symbol.layered:
            if not after_nabla:
                raise Unwritten(f"${name}$ needs its layer, ${name}^{{[l]}}$")
            at = scene.depth
        key = (symbol.quantity, at)
        value = self.fetch(key, name)
        return key, self.select(symbol, value, example, components, name), rest

    def select(self, symbol, value, example, components, name):
        if symbol.shows == "entry" and components is None:
            raise Unwritten(f"${name}$ is one entry: write its indices, or the capital letter")
        if symbol.shows == "example":
            if example is None and components is not None:
                example, components = (components[0] if len(components) == 1 else None), None
            if example is None:
                raise Unwritten(f"${name}$ belongs to one example: write ${name}^{{(i)}}$")
            return (0, self.position(example, value.shape[1], f"${name}$"))
        if symbol.shows == "row" and components is not None:
            j = self.position(components[0], value.shape[0], f"${name}$")
            return (slice(j, j + 1), slice(None))
        if symbol.shows == "column":
            if example is None and value.shape[1] != 1:
                raise Unwritten(f"${name}$ is the column of one example: write ${name}^{{(i)}}$, or the capital letter")
            i = 0 if example is None else self.position(example, value.shape[1], f"${name}$")
            if components is None:
                return (slice(None), slice(i, i + 1))
            return (self.positions(components, (value.shape[0], 1), f"${name}$")[0], i)
        if example is not None:
            if value.ndim == 2 and value.shape[1] > 1:
                i = self.position(example, value.shape[1], f"${name}$")
                if components is None:
                    return (slice(None), slice(i, i + 1))
                return (self.positions(components, (value.shape[0], 1), f"${name}$")[0], i)
            raise Unwritten(f"${name}$ belongs to no example: what is ({self.source(example)})?")
        if components is not None:
            return self.positions(components, value.shape, f"${name}$")
        return ()

    def fetch(self, key, name):
        values = self.values()
        if key in values:
            return values[key]
        if key[0] in self.scene.derived:
            if self.nudge and isinstance(self.nudge[2], complex):
                raise Nested
            if key[1] is not None and not 1 <= key[1] <= (self.scene.depth or self.scene.last_time or 0):
                raise Outside(f"${name}$ of layer {key[1]}")
            return self.scene.derive(key, self.overrides)
        if any(k[0] == key[0] for k in values):
            if key[1] is None:
                raise Wrong(f"${name}$ needs its {'time' if self.scene.last_time else 'layer'}")
            raise Outside(f"${name}$ of {'time' if self.scene.last_time else 'layer'} {key[1]}")
        raise Unknown(name)

    def symbol(self, node):
        """The value of a symbol with its scripts."""
        scene = self.scene
        name, scripts = self.split(node)
        if name == r"\delta" and len(scripts) == 1 and scripts[0].kind == "subscript":
            pair = parts(scripts[0].kids[0])
            if len(pair) == 2:
                return np.array(float(self.integer(pair[0]) == self.integer(pair[1])))
        if name in scene.symbols:
            key, selection, rest = self.locate(node)
            value = self.fetch(key, name)
            value = value[selection] if selection != () else value
            self.seen.setdefault(node.span, (value.shape, dict(self.indices)))
            return self.scripted(value, rest, f"${name}$")
        size = self.size(node)
        if size is not None:
            return np.array(float(size))
        if name in self.indices:
            return self.scripted(np.array(float(self.indices[name])), scripts, name)
        if name in scene.sizes and scripts:
            return self.scripted(np.array(float(scene.sizes[name])), scripts, name)
        if name == "e" and scripts and scripts[0].kind == "superscript":
            return np.exp(self.known(self.evaluate(scripts[0].kids[0]), node))
        if name == "e" and scripts and scripts[0].kind == "subscript":
            flexible = Flexible("unit", self.integer(scripts[0].kids[0]))
            n = self.unit_length()
            if n:
                self.position(scripts[0].kids[0], n, "the unit vectors")
            return self.scripted(flexible, scripts[1:], name)
        if name == r"\mathbf{1}":
            return self.scripted(Flexible("ones"), scripts, name)
        if name in ("I", r"\mathbf{I}"):
            return self.scripted(Flexible("identity"), scripts, name)
        if name in CONSTANTS:
            return self.scripted(np.array(CONSTANTS[name]), scripts, name)
        raise Unknown(name)

    def unit_length(self):
        parameters = self.scene.parameters
        key = (parameters, None)
        return self.values()[key].shape[0] if key in self.values() and self.values()[key].ndim else None

    def scripted(self, value, scripts, what):
        """Transposes, powers and components written on any expression."""
        for script in scripts:
            if script.kind == "prime":
                raise Wrong(f"a prime on {what}: only a function has a derivative written so")
            inner = script.kids[0]
            if script.kind == "subscript":
                value = self.known(value)
                value = value[self.positions(parts(inner), value.shape, what)]
                continue
            for part in parts(inner) if any(p.kind == "transpose" for p in parts(inner)) else [inner]:
                value = self.power(value, part, what)
        return value

    def power(self, value, script, what):
        if script.kind == "transpose" or (script.kind == "name" and script.text == "T"
                                          and (isinstance(value, Flexible) or value.ndim == 2)):
            if not isinstance(value, Flexible) and value.ndim != 2:
                raise Wrong(f"the transpose of {what}, which is {shape_of(value)}")
            return value.T
        if script.bare() is not script and script.kind in ("bracket", "paren"):
            raise Wrong(f"{what} belongs to no layer and no example: what is {self.source(script)}?")
        exponent = self.evaluate(script)
        value = self.known(value)
        if value.shape != () and not self.scene.random:
            raise Wrong(f"a power of {what}, which is {shape_of(value)}: an array has no power; "
                        r"write \lVert . \rVert^2 or \odot")
        if (np.real(value) < 0).any() and not float(np.real(exponent)).is_integer():
            raise Wrong(f"a fractional power of {what}, which is negative")
        return value ** exponent

    def known(self, value, node=None):
        if isinstance(value, Flexible):
            raise Wrong("the length of " + {"ones": r"\mathbf 1", "identity": "I", "unit": "e_j"}[value.kind]
                        + " cannot be known here")
        return value

    # -- expressions ----------------------------------------------------------------------------------------
    def evaluate(self, node):
        return getattr(self, "on_" + node.kind)(node)

    def on_number(self, node):
        return np.array(float(node.text))

    def on_name(self, node):
        return self.symbol(node) if not self.function(node) else self.factors([node])

    def on_group(self, node):
        return self.evaluate(node.kids[0])

    def on_paren(self, node):
        if node.kids[0].kind == "items":
            raise Wrong(f"{self.source(node)} is a list, not a number")
        return self.evaluate(node.kids[0])

    on_bracket = on_paren

    def on_items(self, node):
        raise Wrong(f"{self.source(node)} is a list, not a number")

    def on_chain(self, node):
        raise Wrong(f"{self.source(node)} is a relation, not a number")

    def on_transpose(self, node):
        raise Wrong("a transpose sign with nothing to transpose")

    def on_partial(self, node):
        raise Wrong(r"a \partial outside a fraction")

    def on_blank(self, node):
        raise Wrong("something is missing")

    on_bar = on_dots = on_blank

    def on_neg(self, node):
        return -self.known(self.evaluate(node.kids[0]))

    def on_pos(self, node):
        return self.evaluate(node.kids[0])

    def on_add(self, node):
        return self.plus(node, 1)

    def on_sub(self, node):
        return self.plus(node, -1)

    def plus(self, node, sign):
        a, b = (self.evaluate(k) for k in node.kids)
        if isinstance(a, Flexible):
            a = a.like(self.known(b))
        if isinstance(b, Flexible):
            b = b.like(a)
        if a.shape != b.shape and () not in (a.shape, b.shape):
            broadcast = a.ndim == b.ndim == 2 and a.shape[0] == b.shape[0] and 1 in (a.shape[1], b.shape[1])
            if not broadcast:
                raise Wrong(f"{self.source(node.kids[0])} ({shape_of(a)}) and {self.source(node.kids[1])} "
                            f"({shape_of(b)}) cannot be added")
        return a + sign * b

    def on_dotsum(self, node):
        terms, left = [node.kids[-1]], node.kids[0]
        while left.kind == "add":
            terms.insert(0, left.kids[1])
            left = left.kids[0]
        terms = self.spread([left, *terms[:-1], Node("dots"), terms[-1]])
        total = 0
        for term in terms:
            total = total + self.known(self.evaluate(term))
        return total

    def on_dotprod(self, node):
        terms, left = [node.kids[-1]], node.kids[0]
        while left.kind == "cdot":
            terms.insert(0, left.kids[1])
            left = left.kids[0]
        total = 1
        for term in self.spread([left, *terms[:-1], Node("dots"), terms[-1]]):
            total = total * self.known(self.evaluate(term))
        return total

    def on_odot(self, node):
        a, b = (self.evaluate(k) for k in node.kids)
        if isinstance(a, Flexible):
            a = a.like(self.known(b))
        if isinstance(b, Flexible):
            b = b.like(a)
        if a.shape != b.shape:
            raise Wrong(rf"\odot needs equal shapes: {self.source(node.kids[0])} is {shape_of(a)}, "
                        f"{self.source(node.kids[1])} is {shape_of(b)}")
        if a.shape == ():
            raise Wrong(r"\odot between two numbers: it is for arrays")
        return a * b

    def on_cdot(self, node):
        a, b = (self.known(self.evaluate(k)) for k in node.kids)
        if a.shape == () or b.shape == ():
            return a * b
        if a.shape == b.shape and a.shape[1] == 1:
            return (a * b).sum()
        raise Wrong(rf"\cdot between {shape_of(a)} and {shape_of(b)}: write the matrix product by "
                    r"juxtaposition, the elementwise one with \odot")

    def on_times(self, node):
        a, b = (self.known(self.evaluate(k)) for k in node.kids)
        if a.shape != () or b.shape != ():
            raise Wrong(r"\times is for numbers and for shapes")
        return a * b

    def on_over(self, node):
        return self.divide(node)

    on_frac = on_over

    def divide(self, node):
        a, b = (self.known(self.evaluate(k)) for k in node.kids)
        if a.shape != b.shape and () not in (a.shape, b.shape):
            raise Wrong(f"{self.source(node.kids[0])} ({shape_of(a)}) cannot be divided by "
                        f"{self.source(node.kids[1])} ({shape_of(b)})")
        if np.any(b == 0):
            raise Wrong(f"{self.source(node.kids[1])} is 0 here: a division by zero")
        return a / b

    def on_sqrt(self, node):
        value = self.known(self.evaluate(node.kids[0]))
        if np.any(np.real(value) < 0):
            raise Wrong(f"the root of {self.source(node.kids[0])}, which is negative here")
        return np.sqrt(value)

    def on_norm(self, node):
        value = self.known(self.evaluate(node.kids[0]))
        return np.sqrt((value * value).sum())

    def on_absolute(self, node):
        size = self.size(node)
        if size is not None:
            return np.array(float(size))
        value = self.known(self.evaluate(node.kids[0]))
        if value.shape != ():
            raise Wrong(f"the absolute value of {self.source(node.kids[0])}, which is {shape_of(value)}: "
                        "a norm is written with double bars")
        return value * np.sign(np.real(value))

    def on_set(self, node):
        raise Wrong(f"the set {self.source(node)} is not a number")

    def on_post(self, node):
        head = node.kids[0]
        if self.function(head):
            return self.factors([node])
        if head.kind == "name":
            return self.symbol(node)
        if head.kind == "norm":
            return self.norm(node)
        if head.kind in ("paren", "bracket", "group", "matrix", "derivative", "frac", "absolute", "sqrt", "number"):
            value = self.evaluate(head)
            return self.scripted(value, node.kids[1:], self.source(head))
        raise Wrong(f"what is {self.source(node)}?")

    def norm(self, node):
        value = self.known(self.evaluate(node.kids[0].kids[0]))
        result, scripts = np.sqrt((value * value).sum()), node.kids[1:]
        if scripts and scripts[0].kind == "subscript":
            which = spelled(scripts[0].kids[0])
            if which == "1":
                result = (value * np.sign(np.real(value))).sum()
            elif which not in ("2", "F"):
                raise Wrong(f"the norm with index {which} is not known")
            scripts = scripts[1:]
        return self.scripted(result, scripts, "the norm")

    # -- juxtaposition: products, calls, operators ---------------------------------------------------------
    def on_juxt(self, node):
        return self.factors(node.kids)

    def function(self, node):
        """Whether a node is the name of something that takes an argument."""
        head = node.kids[0] if node.kind == "post" else node
        if head.kind != "name":
            return False
        if head.text in self.scene.symbols and head.text not in self.scene.functions:
            return False
        return head.text in self.scene.functions or head.text in (
            r"\log", r"\max", r"\min", r"\arg", "argmax", "argmin", "diag", r"\nabla", r"\mathbb{1}", "clip")

    def callable(self, node):
        """Whether a symbol of the scene can be evaluated at other values: C(theta + h)."""
        return self.is_symbol(node) and self.split(node)[0] in self.scene.arguments

    def factors(self, nodes):
        product, left, k = None, None, 0
        while k < len(nodes):
            start = k
            value, k = self.factor(nodes, k)
            here = Node("juxt", nodes[start:k], "", (nodes[start].span[0], nodes[k - 1].span[1]))
            product = value if product is None else self.product(product, value, left, here)
            left = here
        return product

    def factor(self, nodes, k):
        """The value of the factor that begins at nodes[k], and where the next one begins."""
        node = nodes[k]
        head = node.kids[0] if node.kind == "post" else node
        if node.kind == "operator":
            rest = nodes[k + 1:]
            if not rest:
                raise Wrong(f"{self.source(node)} stands before nothing")
            return self.derivative(lambda: self.known(self.factors(rest)), node.kids), len(nodes)
        if head.kind == "name" and head.text == r"\nabla":
            return self.nabla(nodes, k)
        if head.kind == "name" and head.text == r"\mathbb{1}":
            return self.indicator(nodes, k)
        if self.function(node):
            return self.call(nodes, k)
        if k + 1 < len(nodes) and self.callable(node) and self.brackets(nodes[k + 1]):
            value = self.at_arguments(node, nodes[k + 1], lambda: self.known(self.symbol(node)))
            return self.raised(value, nodes[k + 1]), k + 2
        return self.evaluate(node), k + 1

    @staticmethod
    def brackets(node):
        return (node.kids[0] if node.kind == "post" else node).kind in ("paren", "bracket")

    def raised(self, value, node):
        """f(x)^2: the power on the bracket is a power of the value."""
        return self.scripted(value, node.kids[1:], self.source(node)) if node.kind == "post" else value

    def arguments(self, node):
        inner = (node.kids[0] if node.kind == "post" else node).kids[0]
        return inner.kids if inner.kind == "items" else [inner]

    def at_arguments(self, node, bracket, compute):
        """compute() with the quantities that a call C(theta + h) names set to its arguments."""
        name = self.split(node)[0]
        wanted, given = self.scene.arguments[name], self.arguments(bracket)
        plain = [self.locate(g)[0] if self.is_symbol(g) and self.split(g)[0] in self.scene.symbols else None
                 for g in given]
        functions = {s.quantity for n, s in self.scene.symbols.items() if n in self.scene.arguments}
        present = all(key and key[1] is None and key[0] not in functions and self.locate(g)[1:] == ((), [])
                      for key, g in zip(plain, given, strict=True))
        shapes = [self.values()[quantity, None].shape for quantity in wanted]
        if present and [self.fetch(key, "").shape for key in plain] != shapes:
            return compute()  # C(w, b) names what C depends on: C as it is
        if len(given) != len(wanted):
            raise Wrong(f"${name}$ is a function of {', '.join(wanted)}: {len(given)} argument(s) written")
        changed = {}
        for quantity, argument in zip(wanted, given, strict=True):
            value, key = self.known(self.evaluate(argument)), (quantity, None)
            if value.shape != self.values()[key].shape:
                raise Wrong(f"{self.source(argument)} is {shape_of(value)}, but {quantity} is "
                            f"{shape_of(self.values()[key])}")
            changed[key] = value
        saved = self.overrides
        if self.nudge and any(np.iscomplexobj(v) for v in changed.values()):
            self.overrides, nudge, self.nudge = {**saved, **changed}, self.nudge, None
            try:
                return compute()
            finally:
                self.overrides, self.nudge = saved, nudge
        self.overrides = {**saved, **changed}
        try:
            return compute()
        finally:
            self.overrides = saved

    def call(self, nodes, k):
        """A function and its argument: a bracket if one follows, else the one thing after it."""
        node = nodes[k]
        name = (node.kids[0] if node.kind == "post" else node).text
        scripts = node.kids[1:] if node.kind == "post" else []
        if name == r"\arg":
            following = nodes[k + 1] if k + 1 < len(nodes) else node
            inner = following.kids[0] if following.kind == "post" else following
            if inner.kind != "name" or inner.text not in (r"\max", r"\min"):
                raise Wrong(r"\arg must be followed by \max or \min")
            name, scripts, k = "arg" + inner.text[1:], following.kids[1:], k + 1
        if k + 1 == len(nodes):
            raise Wrong(f"{self.source(node)} has no argument")
        if name in (r"\max", r"\min", "argmax", "argmin") and any(s.kind == "subscript" for s in scripts):
            return self.extreme(name, scripts, nodes, k)
        argument = nodes[k + 1]
        if self.brackets(argument):
            given = [self.known(self.evaluate(a)) for a in self.arguments(argument)]
            return self.raised(self.apply(name, scripts, given, node), argument), k + 2
        if argument.kind in ("sum", "prod"):
            return self.apply(name, scripts, [self.known(self.evaluate(argument))], node), k + 2
        value, end = self.factor(nodes, k + 1)
        if end < len(nodes):
            raise Wrong(f"where does the argument of {self.source(node)} end? Write parentheses")
        return self.apply(name, scripts, [self.known(value)], node), end

    def apply(self, name, scripts, given, node):
        function = {r"\log": self.log, "diag": self.diagonal, r"\max": self.largest, r"\min": self.smallest,
                    }.get(name) or self.scene.functions.get(name)
        if function is None:
            raise Wrong(f"the function ${name}$ is not known")
        rest = []
        for script in scripts:
            if script.kind == "superscript" and parts(script.kids[0])[0].kind == "bracket":
                layer = self.integer(parts(script.kids[0])[0].bare())
                self.over(parts(script.kids[0])[0].bare(), (1, self.scene.depth), "the layers")
                if not 1 <= layer <= (self.scene.depth or 0):
                    raise Outside(f"${name}$ of layer {layer}")
                function = self.scene.layer_functions[layer]
            else:
                rest.append(script)
        scripts = rest
        if scripts and scripts[0].kind == "prime":
            if scripts[0].text != "'":
                raise Wrong("only the first derivative is written with a prime")
            if any(np.iscomplexobj(v) and np.any(np.imag(v)) for v in given):
                raise Nested
            if len(given) != 1:
                raise Wrong(f"${name}$' of {len(given)} arguments: say by which one is derived")
            value = given[0]
            if value.shape != () and not self.elementwise(function, value):
                raise Wrong(f"${name}$' : every output depends on every input, its derivative is a Jacobian")
            return self.scripted(np.imag(function(np.real(value) + 1j * STEP)) / STEP, scripts[1:], name + "'")
        try:
            return self.scripted(np.asarray(function(*given)), scripts, name)
        except (TypeError, IndexError):
            raise Wrong(f"${name}$ cannot take {len(given)} argument(s) such as {shape_of(given[0])}") from None

    @staticmethod
    def elementwise(function, value):
        nudged = np.array(value, dtype=float)
        nudged.flat[0] += 1
        changed = np.real(function(nudged)) != np.real(function(np.array(value, dtype=float)))
        return not changed.flat[1:].any()

    def log(self, value):
        if np.any(np.real(value) <= 0):
            raise Wrong("the logarithm of a number that is not positive")
        return np.log(value)

    def diagonal(self, value):
        if value.ndim != 2 or value.shape[1] != 1:
            raise Wrong(f"diag takes a column, not {shape_of(value)}")
        return np.diag(value[:, 0])

    def largest(self, *given):
        return self.extreme_of(given, np.argmax)

    def smallest(self, *given):
        return self.extreme_of(given, np.argmin)

    def extreme_of(self, given, which):
        if len(given) == 1:
            value = given[0]
            if value.shape == ():
                raise Wrong("the extreme of one number")
            return value.flat[which(np.real(value))]
        stacked = np.stack(np.broadcast_arrays(*given))
        index = which(np.real(stacked), axis=0)
        return np.take_along_axis(stacked, index[None], axis=0)[0]

    def extreme(self, name, scripts, nodes, k):
        """max_j a_j, arg max_j a_j, min over a set: over all values of the index."""
        limits = next(s for s in scripts if s.kind == "subscript").kids[0]
        body = nodes[k + 1:]
        argument = body[0]
        if len(body) > 1:
            if not self.brackets(argument):
                raise Wrong(f"where does the argument of {self.source(nodes[k])} end? Write parentheses")
            body = [argument]
        results = [(index, self.known(v)) for index, v in self.runs(limits, None, lambda: self.factors(body))]
        if any(v.shape != () for _, v in results):
            raise Wrong(f"{self.source(nodes[k])} of an array: write its components")
        pick = max if "max" in name else min
        best = pick(results, key=lambda pair: np.real(pair[1]))
        others = [s for s in scripts if s.kind != "subscript"]
        value = np.array(float(best[0])) if name.startswith("arg") else best[1]
        return self.scripted(value, others, name), k + 1 + len(body)

    def indicator(self, nodes, k):
        r"""\mathbb{1}[condition]: 1 where it holds, else 0; elementwise for arrays."""
        if k + 1 == len(nodes) or (nodes[k + 1].kids[0] if nodes[k + 1].kind == "post" else nodes[k + 1]).kind not in (
                "bracket", "set", "paren"):
            raise Wrong(r"\mathbb{1} wants a condition in brackets")
        bracket = nodes[k + 1].kids[0] if nodes[k + 1].kind == "post" else nodes[k + 1]
        chain = bracket.kids[0]
        if chain.kind != "chain":
            raise Wrong(rf"\mathbb{{1}} of {self.source(chain)}, which is no condition")
        holds = 1.0
        for a, relation, b in zip(chain.kids, chain.text.split(), chain.kids[1:], strict=False):
            holds = holds * self.relation(a, relation, b)
        return self.raised(np.array(holds, dtype=float), nodes[k + 1]), k + 2

    def product(self, a, b, left, right):
        if isinstance(a, Flexible) and isinstance(b, Flexible):
            raise Wrong("the length of a product of two units cannot be known")
        if isinstance(b, Flexible):
            if a.shape == ():
                b = Flexible(b.kind, b.index, b.transposed)
                n = self.unit_length() if b.kind == "unit" else None
                if n is None:
                    raise Wrong("a number times a vector whose length cannot be known here")
                return a * b.of_length(n)
            if b.transposed:
                if a.shape[1] != 1:
                    raise Wrong(f"{self.source(left)} ({shape_of(a)}) times a row does not fit")
                b = b.of_length(self.examples())
            elif a.shape[1] == 1:
                raise Wrong(f"{self.source(left)} ({shape_of(a)}) times {self.source(right)} does not fit")
            else:
                b = b.of_length(a.shape[1])
        if isinstance(a, Flexible):
            if b.shape == ():
                raise Wrong("the length cannot be known here")
            if a.kind == "ones" and not a.transposed and b.shape[0] == 1:
                return a.of_length(self.examples()) @ b
            if a.kind != "identity" and not a.transposed:
                raise Wrong(f"a column times {self.source(right)} ({shape_of(b)}) does not fit: "
                            f"1 column meets {b.shape[0]} rows")
            a = a.of_length(b.shape[0])
        if a.shape == () or b.shape == ():
            return a * b
        if self.scene.random and a.shape == b.shape:
            return a * b
        if a.ndim != 2 or b.ndim != 2:
            raise Wrong(f"{self.source(left)} and {self.source(right)} have too many axes for a product")
        if a.shape[1] != b.shape[0]:
            fits = [text for text, x, y in (
                ("transpose the left one", a.T, b), ("transpose the right one", a, b.T), ("swap the two", b, a),
                ("transpose the left one and swap", b, a.T), ("transpose the right one and swap", b.T, a),
            ) if x.shape[1] == y.shape[0]]
            if a.shape == b.shape:
                fits.append(r"meant \odot")
            raise Wrong(f"the product of {self.source(left)} ({shape_of(a)}) and {self.source(right)} "
                        f"({shape_of(b)}) does not fit: {a.shape[1]} columns meet {b.shape[0]} rows"
                        + (f". It would fit if you {', or '.join(fits)}" if fits else ""))
        result = a @ b
        return result[0, 0] if result.shape == (1, 1) else result

    def examples(self):
        """The length of a column of ones that meets nothing to measure it by: one per example."""
        if "m" not in self.scene.sizes:
            raise Wrong("the length of the ones cannot be known here")
        return self.scene.sizes["m"]

    # -- sums ------------------------------------------------------------------------------------------------
    def on_sum(self, node):
        return self.total(node, lambda x, y: x + y)

    def on_prod(self, node):
        return self.total(node, lambda x, y: x * y)

    def total(self, node, combine):
        limits, upper, body = node.kids
        if limits.kind == "blank":
            raise Wrong(f"what does the sum in {self.source(node)} run over?")
        result = None
        constant = not any(n.kind == "name" for n in body.walk())
        for _, value in self.runs(limits, upper if upper.kind != "blank" else None,
                                  lambda: self.known(self.evaluate(body)), constant):
            result = value if result is None else combine(result, value)
        if result is None:
            raise Wrong(f"the sum in {self.source(node)} is empty")
        return result

    def runs(self, limits, upper, compute, constant=False):
        """[(index, value)] over what the limits say: j = 1 .. n, j, j != k, i in B, or j, k together."""
        if limits.kind == "items" and upper is None and all(k.kind == "name" for k in limits.kids):
            first, *others = limits.kids
            rest = others[0] if len(others) == 1 else Node("items", others, "", limits.span)
            return [(0, value) for _, values in self.runs(first, None, lambda: self.runs(rest, None, compute))
                    for _, value in values]
        chain = limits.kids if limits.kind == "chain" else [limits]
        letter = chain[0].bare()
        if letter.kind != "name":
            raise Wrong(f"the sum runs over {self.source(limits)}, which is no index")
        name, relation = letter.text, limits.text.split()[0] if limits.kind == "chain" else None
        outer_index, outer_ranges = self.indices.get(name), self.ranges.pop(name, None)
        try:
            wanted = self.range_of(name, relation, chain, upper, compute)
            results = []
            for index in wanted:
                self.indices[name] = index
                try:
                    results.append((index, compute()))
                except Outside as error:
                    raise Wrong(f"the sum over ${name}$ runs to {wanted[-1]}: {error}") from None
            seen = self.ranges.get(name, {})
            if len({b for a, b in seen}) > 1:
                raise Wrong(f"${name}$ runs over axes of different sizes: {named(seen)}")
            if not seen and not constant and not self.mentions(name, compute):
                raise Wrong(f"${name}$ indexes nothing in the sum")
            return results
        finally:
            self.ranges.pop(name, None)
            if outer_ranges is not None:
                self.ranges[name] = outer_ranges
            if outer_index is None:
                self.indices.pop(name, None)
            else:
                self.indices[name] = outer_index

    def mentions(self, name, compute):
        """Whether the summand depends on the index at all."""
        self.indices.pop(name, None)
        try:
            compute()
        except (Wrong, Unknown, Outside):
            return True
        return False

    def range_of(self, name, relation, chain, upper, compute):
        if relation == "=":
            if upper is None:
                raise Wrong(f"the sum over ${name}$ has a start and no end")
            return list(range(self.integer(chain[1]), self.integer(upper) + 1))
        if relation == r"\in":
            members = chain[1].bare()
            if members.kind == "name" and members.text in self.scene.sets:
                return list(self.scene.sets[members.text])
            raise Wrong(f"the set {self.source(chain[1])} is not known")
        self.indices[name] = 1
        seen = None
        try:
            compute()
        except (Wrong, Outside) as error:
            if not self.ranges.get(name):
                raise error
        seen = self.ranges.get(name)
        if not seen:
            raise Wrong(f"a sum over ${name}$, but ${name}$ indexes nothing")
        first, last = min(seen, key=lambda pair: pair[1])
        if relation == r"\ne":
            excluded = self.integer(chain[1])
            self.over(chain[1].bare(), (first, last), "the sum")
            return [k for k in range(first, last + 1) if k != excluded]
        if relation is not None:
            raise Wrong(f"a sum with {relation} in its limits")
        return list(range(first, last + 1))

    # -- derivatives ------------------------------------------------------------------------------------------
    def on_derivative(self, node):
        numerator, *variables = node.kids
        return self.derivative(lambda: self.known(self.evaluate(numerator)), variables)

    def on_operator(self, node):
        raise Wrong(f"{self.source(node)} stands before nothing")

    def derivative(self, compute, variables):
        if len(variables) == 1:
            return self.slope(compute, variables[0])
        return self.slope(lambda: self.derivative(compute, variables[1:]), variables[0])

    def slope(self, compute, variable, after_nabla=False):
        if not self.is_symbol(variable):
            raise Wrong(f"a derivative by {self.source(variable)}, which is no symbol")
        key, selection, rest = self.locate(variable, after_nabla)
        if rest:
            raise Wrong(f"a derivative by {self.source(variable)}: leave out the power or the transpose")
        if key not in self.values():
            raise Wrong(f"nothing is a function of {self.source(variable)}: it is a derivative itself")
        part = self.values()[key][selection] if selection != () else self.values()[key]
        self.seen.setdefault(variable.span, (part.shape, dict(self.indices)))
        return self.slope_at(compute, key, selection, self.source(variable))

    def slope_at(self, compute, key, selection, what):
        base = self.values()[key]
        positions = np.empty(base.shape, dtype=object)
        for index in np.ndindex(base.shape):
            positions[index] = index
        if base.shape == ():
            return self.step(compute, key, ())
        chosen = positions[selection] if selection != () else positions
        array = isinstance(chosen, np.ndarray)
        shape = chosen.shape if array else ()
        cells = list(chosen.flat) if array else [chosen]
        slopes = [self.step(compute, key, cell) for cell in cells]
        if shape == ():
            return slopes[0]
        if slopes[0].shape == ():
            return np.array(slopes).reshape(shape)
        if shape[1] == 1 and slopes[0].shape[1] == 1:
            return np.hstack(slopes)
        raise Wrong(f"the derivative of {shape_of(slopes[0])} by {what} ({' x '.join(map(str, shape))}) has "
                    r"four indices: write components, or \sigma'")

    def step(self, compute, key, cell):
        """d compute() / d (one number), by an imaginary step; by differences if compute derives already."""
        if self.nudge is not None and isinstance(self.nudge[2], complex):
            raise Nested
        if self.nudge is None:
            self.nudge = (key, cell, 1j * STEP)
            try:
                return np.imag(compute()) / STEP
            except Nested:
                pass
            finally:
                self.nudge = None
        self.coarse = True
        return self.difference(compute, key, cell, 1e-4)

    def difference(self, compute, key, cell, h):
        values = []
        base = np.array(self.values()[key])
        for sign in (1, -1):
            moved = base.copy()
            moved[cell] += sign * h
            saved, self.overrides = self.overrides, {**self.overrides, key: moved}
            try:
                values.append(np.real(compute()))
            finally:
                self.overrides = saved
        return (values[0] - values[1]) / (2 * h)

    def nabla(self, nodes, k):
        """nabla C, nabla_theta C, nabla f(w): a column by the parameters, or by what the subscript names."""
        node, scene = nodes[k], self.scene
        if k + 1 == len(nodes) or not self.is_symbol(nodes[k + 1]):
            raise Wrong("a gradient of nothing")
        whole = Node("post", [node, nodes[k + 1]], "", (node.span[0], nodes[k + 1].span[1]))
        timed = self.timed_gradient(nodes[k + 1])
        if timed is not None:
            return timed, k + 2
        what, end = nodes[k + 1], k + 2
        by = node.kids[1].kids[0] if node.kind == "post" else None
        if by is not None:
            by = by.kids[0] if by.kind == "group" else by
            key, selection, _ = self.locate(by, after_nabla=True)
        elif scene.parameters:
            key, selection = (scene.parameters, None), ()
        else:
            raise Wrong(r"\nabla without a subscript: by what?")
        def compute():
            return self.known(self.symbol(what))
        if end < len(nodes) and self.callable(what) and self.brackets(nodes[end]):
            bracket, end = nodes[end], end + 1
            gradient = self.at_arguments(what, bracket, lambda: self.slope_at(
                compute, key, selection, self.source(whole)))
            return self.raised(gradient, bracket), end
        return self.slope_at(compute, key, selection, self.source(whole)), end

    def timed_gradient(self, what):
        """In the scenes of the optimisers nabla C is a given gradient."""
        name = rf"\nabla {what.text if what.kind == 'name' else self.split(what)[0]}"
        if name not in self.scene.symbols:
            return None
        return self.values()[self.scene.symbols[name].quantity, None]

    # -- matrices written out ------------------------------------------------------------------------------
    def on_matrix(self, node):
        rows = [[c for c in row.kids] for row in node.kids[0].kids]
        rows = [None if all(c.kind in ("dots", "blank") for c in row) else self.spread(row) for row in rows]
        if None in rows:
            k = rows.index(None)
            if rows.count(None) > 1 or k in (0, len(rows) - 1):
                raise Wrong("a row of dots must stand between two rows")
            columns = zip(*[r for r in rows if r is not None], strict=True)
            rows = zip(*[self.spread([*column[:k], Node("dots"), *column[k:]]) for column in columns], strict=True)
        blocks = [[np.atleast_2d(self.known(self.evaluate(c))) for c in row if c.kind != "bar"] for row in rows]
        try:
            return np.block(blocks)
        except ValueError:
            raise Wrong("the entries of the matrix do not fit together: "
                        + "; ".join(" ".join(shape_of(b) for b in row) for row in blocks[:3])) from None

    def spread(self, cells):
        r"""first, second, \cdots, last: all of them. What differs from first to last runs from one to the other."""
        cells = [c for c in cells if c.kind != "bar"]
        gaps = [k for k, c in enumerate(cells) if c.kind in ("dots", "blank")]
        if not gaps:
            return cells
        if len(gaps) > 1 or gaps[0] in (0, len(cells) - 1):
            raise Wrong("dots must stand once, between a first and a last entry")
        k = gaps[0]
        first, last = cells[0], cells[-1]
        differing = set()
        self.differences(first, last, differing)
        if len(differing) != 1:
            raise Wrong(f"the dots between {self.source(first)} and {self.source(last)} do not say what runs")
        start, stop = differing.pop()
        direction = 1 if stop >= start else -1
        full = [self.between(first, last, (start, stop), i) for i in range(start, stop + direction, direction)]
        for given, made in zip(cells[:k], full, strict=False):
            a, b = self.known(self.evaluate(given)), self.known(self.evaluate(made))
            if a.shape != b.shape or not np.allclose(a, b):
                raise Wrong(f"{self.source(given)} breaks the pattern before the dots")
        return full

    def whole(self, node):
        """The whole number that a node of a script stands for, or None."""
        if node.kind == "number" and len(node.text) > 1:
            return None
        if node.kind not in ("number", "name", "post", "add", "sub"):
            return None
        if node.kind == "name" and node.text in self.scene.symbols:
            return None
        try:
            return self.integer(node)
        except (Wrong, Outside, Unknown):
            return None

    @staticmethod
    def digits(node):
        """w_{12} is w with two indices: its number is two numbers."""
        if node.kind == "number" and len(node.text) > 1 and "." not in node.text:
            return [Node("number", [], c, node.span) for c in node.text]
        return node.kids

    @staticmethod
    def ungrouped(node):
        while node.kind == "group" and len(node.kids) == 1:
            node = node.kids[0]
        return node

    def differences(self, a, b, found):
        a, b = self.ungrouped(a), self.ungrouped(b)
        x, y = self.whole(a), self.whole(b)
        if x is not None and y is not None:
            if x != y:
                found.add((x, y))
            return
        p, q = self.digits(a), self.digits(b)
        if len(p) != len(q) or (not p and (a.kind, a.text) != (b.kind, b.text)):
            raise Wrong(f"the dots join {self.source(a)} and {self.source(b)}, which are not alike")
        for u, v in zip(p, q, strict=True):
            self.differences(u, v, found)

    def between(self, a, b, ends, index):
        a, b = self.ungrouped(a), self.ungrouped(b)
        x, y = self.whole(a), self.whole(b)
        if x is not None and y is not None:
            return Node("number", [], str(index), a.span) if (x, y) == ends else a
        p, q = self.digits(a), self.digits(b)
        if not p:
            return a
        kind = "juxt" if a.kind == "number" else a.kind
        return Node(kind, [self.between(u, v, ends, index) for u, v in zip(p, q, strict=True)], a.text, a.span)

    # -- cases and conditions --------------------------------------------------------------------------------
    def on_cases(self, node):
        for branch in node.kids:
            self.branches.setdefault(branch.span, False)
        taken = [b for b in node.kids if b.kind == "when" and self.holds(b.kids[1])] or [
            b for b in node.kids if b.kind == "otherwise"]
        if not taken:
            raise Wrong("no case of the brace applies")
        self.branches[taken[0].span] = True
        values = [self.known(self.evaluate(b.kids[0])) for b in taken]
        if any(v.shape != values[0].shape or not np.allclose(v, values[0]) for v in values[1:]):
            raise Wrong(f"two cases apply at once, {self.source(taken[0])} and {self.source(taken[1])}")
        return values[0]

    def holds(self, condition):
        chains = condition.kids if condition.kind == "items" else [condition]
        for chain in chains:
            if chain.kind != "chain":
                raise Wrong(f"{self.source(chain)} is no condition")
            for a, relation, b in zip(chain.kids, chain.text.split(), chain.kids[1:], strict=False):
                if not np.all(self.relation(a, relation, b)):
                    return False
        return True

    def relation(self, a, relation, b):
        try:
            x, y = self.integer(a), self.integer(b)
            for p, q in ((a, b), (b, a)):
                bounds = self.ranges.get(q.bare().text) if q.bare().kind == "name" else None
                if bounds and p.bare().kind == "name":
                    for pair, what in bounds.items():
                        self.over(p.bare(), pair, what)
        except (Wrong, Unknown):
            x, y = (np.real(self.known(self.evaluate(k))) for k in (a, b))
            if x.shape != y.shape and () not in (x.shape, y.shape):
                raise Wrong(f"{self.source(a)} ({shape_of(x)}) cannot be compared with "
                            f"{self.source(b)} ({shape_of(y)})") from None
        operations = {"=": np.equal, r"\ne": np.not_equal, "<": np.less, ">": np.greater, r"\le": np.less_equal,
                      r"\ge": np.greater_equal, r"\ll": np.less, r"\gg": np.greater}
        if relation not in operations:
            raise Wrong(f"{relation} cannot stand in a condition")
        return operations[relation](x, y)


def named(ranges):
    return ", ".join(f"{last} ({what})" for (_, last), what in ranges.items())
