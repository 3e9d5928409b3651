"""Is a displayed equation true? Every statement of it, in every draw of its scene, at every free index."""

import itertools
import warnings
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from equations.evaluation import COARSE, Evaluator, Flexible, Nested, Wrong, named, shape_of, spelled
from equations.reading import Unreadable, read
from equations.scenes import SCENES, Outside, Unknown, Unwritten

EXACT = 1e-7        # relative tolerance of an equality
APPROXIMATE = 1e-6  # of an \approx between two formulas
TROUBLE = (Wrong, Nested, ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError)
BUILT_IN = {"e", "I", "d", "T", r"\mathbf{I}", r"\mathbf{1}", r"\mathbb{1}", r"\mathbb{R}", r"\mathbb{N}", r"\nabla",
            r"\log", r"\max", r"\min", r"\arg", "argmax", "argmin", "diag", r"\pi", r"\mathrm{i}", r"\delta", r"\infty"}
EXTREMES = (r"\max", r"\min", "argmax", "argmin")


@dataclass
class Verdict:
    """What came of an equation: in how many cases it was compared, and how far apart the sides ever were."""

    ok: bool
    message: str = ""
    cases: int = 0
    difference: float = 0.0
    scene: str = ""
    sizes: list = field(default_factory=list)      # of each draw: {"n_0": 3, ...}
    shapes: dict = field(default_factory=dict)     # span of a symbol -> shape as text


@cache
def _scene(name, draw, sizes, let, hard):
    return SCENES[name](draw, {k: list(v) if isinstance(v, tuple) else v for k, v in sizes}, dict(let), hard)


def make_scene(name, draw=0, sizes=None, let=None, hard=False):
    """A scene, made once. hard: its labels are 0 and 1, as in data, and not soft."""
    if name not in SCENES:
        raise Unknown(f"there is no scene {name!r}; python -m equations --scenes lists them")
    frozen = tuple(sorted((k, tuple(v) if isinstance(v, list) else v) for k, v in (sizes or {}).items()))
    return _scene(name, draw, frozen, tuple((let or {}).items()), hard)


def check(tex, scene, sizes=None, let=None):
    """The Verdict on one equation in one scene."""
    verdict = Verdict(True, scene=scene)
    where = ""
    try:
        statements = read(tex)
        for number, statement in enumerate(statements, 1):
            where = f"statement {number}: " if len(statements) > 1 else ""
            branches, cases, refused = {}, 0, None
            for draw in range(SCENES[scene].draws if scene in SCENES else 1):
                stage = make_scene(scene, draw, sizes, let, only_membership(statement))
                trial = Trial(stage, statement, verdict)
                try:
                    n = trial.run()
                except Wrong as error:
                    raise Wrong(f"{error}{f' [{stage.flavour}]' if stage.flavour else ''}") from None
                cases += n
                refused = trial.refused or refused
                for span, taken in trial.branches.items():
                    branches[span] = branches.get(span, False) or taken
                if draw >= len(verdict.sizes):
                    verdict.sizes.append(dict(stage.sizes))
            if not cases:
                raise Wrong(f"it holds for no layer or index at all{f' ({refused})' if refused else ''}")
            never = [span for span, taken in branches.items() if not taken]
            if never:
                raise Wrong(f"no draw ever met the case {' '.join(tex[slice(*never[0])].split())}")
            verdict.cases += cases
    except Unreadable as error:
        return Verdict(False, str(error), scene=scene)
    except Unknown as error:
        text = str(error) if isinstance(error, Unwritten) else f"the scene {scene} does not know the symbol {error}"
        return Verdict(False, where + text, scene=scene)
    except (Wrong, Outside) as error:
        return Verdict(False, where + str(error), scene=scene)
    except TROUBLE as error:
        return Verdict(False, f"{where}this cannot be evaluated ({type(error).__name__}: {error})", scene=scene)
    return verdict


def only_membership(statement):
    return all(set(i.text.split()) == {r"\in"} for i in statement.items if i.kind == "chain")


def declares(scene, tex, sizes=None, let=None):
    """Whether the scene declares every symbol of the equation: how a scene is chosen, true or not."""
    try:
        statements = read(tex)
        needed = SCENES[scene].requires
        if needed and not any(n.text == needed for s in statements for i in s.items for n in i.walk()):
            return False
        for statement in statements:
            stage = make_scene(scene, 0, sizes, let)
            stage.values()
            trial = Trial(stage, statement, Verdict(True))
            if trial.unknown() or trial.deepest_layer() > (stage.depth or 0) or (
                    "l" in trial.letters() and (stage.depth or 0) < 2):
                return False
            trial.run()
    except (Unreadable, Unknown):
        return False
    except (*TROUBLE, Outside):
        return True
    return True


class Trial:
    """One statement in one draw of a scene."""

    def __init__(self, scene, statement, verdict):
        self.scene, self.statement, self.verdict = scene, statement, verdict
        self.evaluator = Evaluator(scene, statement)
        self.branches, self.refused, self.dry = self.evaluator.branches, None, False
        self.chains = [i for i in statement.items if i.kind == "chain"]
        if not self.chains:
            raise Wrong("there is no relation: nothing to check")

    # -- which letters are free indices ---------------------------------------------------------------------
    def letters(self):
        """Undeclared single letters, in order of appearance: (name, is it ever used as an index)."""
        found = {}
        scene = self.scene
        known = set(scene.symbols) | set(scene.functions) | set(scene.sizes) | set(scene.sets)

        def visit(node, bound, scripted, within=""):
            if node.kind == "post" and node.kids[0].kind == "name":
                name, rest = self.evaluator.split(node)
                if (name in known and name != node.kids[0].text) or name in ("e", "I"):
                    for script in rest:
                        visit(script, bound, scripted)
                    if len(rest) < len(node.kids) - 1 or name == "e":
                        return
                if self.evaluator_size(node):
                    for script in node.kids[1:]:
                        if f"{node.kids[0].text}_{spelled(script.kids[0])}" not in scene.sizes:
                            visit(script, bound, True)
                    return
            if node.kind in ("sum", "prod"):
                limits, upper, body = node.kids
                inner = bound | self.bound_by(limits)
                visit(limits, inner, True)
                visit(upper, bound, True)
                visit(body, inner, scripted)
                return
            if node.kind == "juxt":
                for k, kid in enumerate(node.kids):
                    visit(kid, bound | self.bound_by_extreme(node.kids[:k]), scripted, within)
                return
            if node.kind == "name" and len(node.text) == 1 and node.text.isalpha() and (
                    node.text not in bound | known | {"e", "I", "d"}):
                found[node.text] = found.get(node.text, False) or scripted
            if node.kind == "post" and node.kids[0].text in EXTREMES:
                bound = bound | self.bound_by_extreme([node])
            for kid in node.kids:
                visit(kid, bound, scripted or node.kind == "subscript" or (
                    node.kind in ("bracket", "paren") and within == "superscript"), node.kind)

        for node in self.statement.items:
            visit(node, frozenset(), False)
        for condition in self.statement.conditions:
            for node in condition:
                visit(node, frozenset(), True)
        return found

    def evaluator_size(self, node):
        return node.kids[0].text == "n" and (self.scene.layers or any(
            s.startswith("n_") for s in self.scene.sizes))

    @staticmethod
    def bound_by(limits):
        chain = limits.kids if limits.kind == "chain" else limits.kids if limits.kind == "items" else [limits]
        wanted = chain[:1] if limits.kind == "chain" else chain
        return frozenset(n.bare().text for n in wanted if n.bare().kind == "name")

    def bound_by_extreme(self, before):
        bound = frozenset()
        for node in before:
            if node.kind == "post" and node.kids[0].text in EXTREMES:
                for script in node.kids[1:]:
                    if script.kind == "subscript":
                        bound |= self.bound_by(script.kids[0])
        return bound

    def unknown(self):
        """Whether some name of the statement is neither declared, nor a size, a constant or an index."""
        scene, letters = self.scene, self.letters()
        if not all(letters.values()):
            return True
        known = {*BUILT_IN, *letters, *scene.symbols, *scene.functions, *scene.sizes, *scene.sets}
        for node in self._nodes():
            if node.kind in ("sum", "prod"):
                known |= self.bound_by(node.kids[0])
            elif node.kind == "post" and node.kids[0].text in EXTREMES:
                known |= self.bound_by_extreme([node])
            elif node.kind == "post" and node.kids[0].kind == "name":
                _, rest = self.evaluator.split(node)
                if len(rest) < len(node.kids) - 1 or self.evaluator_size(node):  # \beta_1, n_{in}: one name
                    known |= {n.text for kid in node.kids if kid not in rest for n in kid.walk()}
        return any(n.kind == "name" and n.text not in known for n in self._nodes())

    def deepest_layer(self):
        """The largest layer written as a number."""
        numbers = [int(n.kids[0].text) for n in self._nodes() if n.kind == "bracket" and n.kids[0].kind == "number"
                   and "." not in n.kids[0].text]
        return max(numbers, default=0)

    def _nodes(self):
        for item in self.statement.items:
            yield from item.walk()

    # -- running ----------------------------------------------------------------------------------------------
    def run(self):
        """The number of cases compared. Raises Wrong, Outside, Unknown."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return self._run()

    def _run(self):
        ev = self.evaluator
        found = self.letters()
        for letter, used in found.items():
            if not used:
                raise Unknown(letter)
        stacked = [v for v in ("l", "t") if v in found and self.last(v)]
        inner = sorted(set(found) - set(stacked))
        count, valid, refused = 0, 0, None
        domains = [range(0 if v == "t" or self.shifts(v) else 1, self.last(v) + 1) for v in stacked]
        for outer in itertools.product(*domains):
            ev.indices, ev.ranges = dict(zip(stacked, outer, strict=True)), {}
            if not self.allowed(set(stacked), partial=True):
                continue
            try:
                count += self.cases(dict(ev.indices), inner)
                valid += 1
            except Outside as error:
                refused = (error, dict(zip(stacked, outer, strict=True)))
                self.refused = error
                if not stacked or self.statement.conditions:
                    raise Wrong(f"{error} does not exist" + at(refused[1])) from None
        needed = 1
        for v in stacked:
            needed *= self.last(v) - (1 if v == "t" and valid < self.last(v) else 0)
        if stacked and refused and not self.statement.conditions and valid < needed:
            raise Wrong(f"{refused[0]} does not exist{at(refused[1])}: say for which {stacked[0]} it holds")
        return count

    def last(self, letter):
        return {"l": self.scene.depth, "t": self.scene.last_time}[letter] or 0

    def shifts(self, letter):
        """A statement written with l + 1 may run from layer 0."""
        return letter == "l" and any(
            n.kind == "add" and n.kids[0].bare().text == "l" for n in self._nodes()) and not any(
            n.kind == "sub" and n.kids[0].bare().text == "l" for n in self._nodes())

    def cases(self, outer, inner):
        """Compare at all values of the inner indices; what they run over is found by a dry run."""
        ev = self.evaluator
        ranges = {}
        if inner:
            ranges = self.dry_run(outer, inner)
        count = 0
        for values in itertools.product(*[ranges[v] for v in inner]):
            ev.indices, ev.ranges = {**outer, **dict(zip(inner, values, strict=True))}, {}
            if not self.allowed(set(ev.indices)):
                continue
            try:
                self.compare_all()
            except Wrong as error:
                raise Wrong(f"{error}{at(ev.indices)}") from None
            except Outside as error:
                if inner and len(outer) == 0:
                    raise Wrong(f"{error} does not exist{at(ev.indices)}") from None
                raise
            count += 1
        return count

    def dry_run(self, outer, inner):
        ev = self.evaluator
        trouble = None
        ranges = {}
        self.dry = True
        try:
            for offset in (0, 1):
                ev.indices = {**outer, **{v: 1 + offset * k for k, v in enumerate(inner)}}
                ev.ranges = {}
                try:
                    self.compare_all()
                except (Wrong, Outside) as error:
                    trouble = error
                for v, seen in ev.ranges.items():
                    ranges.setdefault(v, {}).update(seen)
        finally:
            self.dry = False
        self.infer_from_conditions(ranges)
        result = {}
        for v in inner:
            seen = ranges.get(v, {})
            if len(seen) > 1:
                raise Wrong(f"the index {v} runs over axes of different sizes: {named(seen)}")
            if not seen:
                explicit = self.explicit_range(v, outer)
                if explicit is None and trouble:
                    raise trouble
                result[v] = explicit or range(1, 6)  # a whole number that counts, and indexes nothing
            else:
                first, last = next(iter(seen))
                result[v] = range(first, last + 1)
        return result

    def infer_from_conditions(self, ranges):
        """In "k != i" or "j = k" both run over the same."""
        for condition in self.statement.conditions:
            for chain in condition:
                names = [k.bare().text for k in chain.kids if k.bare().kind == "name"] if chain.kind == "chain" else []
                for a, b in itertools.permutations(names, 2):
                    if a in ranges and b not in ranges and chain.text.split()[0] in (r"\ne", "="):
                        ranges[b] = dict(ranges[a])

    def explicit_range(self, letter, outer):
        self.evaluator.indices = dict(outer)
        for items in self.statement.conditions:
            bounds = self.dotted(items)
            if bounds and bounds[0] == letter:
                return range(bounds[1], bounds[2] + 1)
        return None

    # -- conditions ---------------------------------------------------------------------------------------------
    def dotted(self, items):
        """("l", 1, L - 1) for the items l = 1, \\dots, L - 1; None if they are something else."""
        items = self.flat(items)
        if len(items) < 3 or items[0].kind != "chain" or not any(i.kind == "dots" for i in items):
            return None
        letter = items[0].kids[0].bare()
        if letter.kind != "name" or items[0].text not in ("=", r"\in"):
            return None
        ends = [self.evaluator.integer(items[0].kids[1]), self.evaluator.integer(items[-1])]
        return letter.text, min(ends), max(ends)

    @staticmethod
    def flat(items):
        if len(items) == 1 and items[0].kind == "paren":
            inner = items[0].kids[0]
            return inner.kids if inner.kind == "items" else [inner]
        if items and items[0].kind == "chain" and items[0].kids[-1].kind == "set" and len(items) == 1:
            chain, inner = items[0], items[0].kids[-1].kids[0]
            if inner.kind == "items" and any(i.kind == "dots" for i in inner.kids):
                first = type(chain)("chain", [chain.kids[0], inner.kids[0]], "=", chain.span)
                return [first, *inner.kids[1:]]
        return items

    def allowed(self, bound, partial=False):
        """Whether the present indices satisfy the printed conditions (the ones whose letters are all bound)."""
        ev = self.evaluator
        for items in self.statement.conditions:
            dotted = self.dotted(items)
            if dotted:
                if dotted[0] in bound and not dotted[1] <= ev.indices[dotted[0]] <= dotted[2]:
                    return False
                continue
            for chain in self.flat(items):
                if chain.kind != "chain":
                    continue
                letters = {n.text for n in chain.walk() if n.kind == "name"} & set(self.letters())
                if partial and (not letters or not letters <= bound):
                    continue
                if chain.kids[-1].kind in ("set",) or chain.text.split()[0] == r"\in":
                    self.member(chain.kids[0], chain.kids[-1])
                    continue
                before = dict(ev.ranges)
                if not ev.holds(chain):
                    return False
                ev.ranges = before
        return True

    # -- comparing ----------------------------------------------------------------------------------------------
    def compare_all(self):
        for item in self.statement.items:
            if item.kind != "chain":
                following = self.chains[0]
                if following.text.split()[0] != r"\in":
                    raise Wrong(f"{self.statement.source(item)} stands alone: nothing to check")
                self.member(item, following.kids[-1])
        for chain in self.chains:
            self.chain(chain)
        shapes = self.verdict.shapes
        for span, (shape, indices) in self.evaluator.seen.items():
            shapes.setdefault(span, self.describe(shape, indices))
        self.evaluator.seen.clear()

    def chain(self, chain):
        relations = chain.text.split()
        for a, relation, b in zip(chain.kids, relations, chain.kids[1:], strict=False):
            if relation in ("=", r"\approx", r"\leftarrow") and a.same(b):
                raise Wrong(f"both sides of {self.statement.source(a)} = {self.statement.source(b)} are the same: "
                            "nothing is checked")
            if relation == r"\in":
                self.member(a, b)
            elif relation == r"\leftarrow":
                self.assignment(a, b)
            elif relation in ("=", r"\approx"):
                self.evaluator.coarse = False
                x, y = self.evaluator.evaluate(a), self.evaluator.evaluate(b)
                self.compare(a, x, b, y, relation)
            elif not np.all(self.evaluator.relation(a, relation, b)) and not self.dry:
                raise Wrong(f"{self.statement.source(a)} ${relation}$ {self.statement.source(b)} does not hold")

    def compare(self, a, x, b, y, relation):
        source = self.statement.source
        if isinstance(x, Flexible) or isinstance(y, Flexible):
            if isinstance(x, Flexible) and isinstance(y, Flexible):
                raise Wrong("two vectors of unknown length are compared")
            x, y = (x.like(y), y) if isinstance(x, Flexible) else (x, y.like(x))
        if x.shape != y.shape:
            if x.size == y.size == 1:
                x, y = np.reshape(x, ()), np.reshape(y, ())
            elif b.kind == "number" and b.text == "0":
                y = np.zeros(x.shape)
            else:
                turned = x.ndim == y.ndim == 2 and x.shape == y.shape[::-1] and np.allclose(x, y.T)
                raise Wrong(f"{source(a)} is {shape_of(x)}, but {source(b)} is {shape_of(y)}"
                            + (": one is the transpose of the other" if turned else ""))
        if self.dry:
            return
        if not (np.any(np.imag(x)) or np.any(np.imag(y))):
            x, y = np.real(x), np.real(y)
        if not (np.all(np.isfinite(x)) and np.all(np.isfinite(y))):
            raise Wrong(f"{source(a)} or {source(b)} is not finite here")
        scale = max(1e-6, float(np.max(np.abs(x), initial=0)), float(np.max(np.abs(y), initial=0)))
        difference = float(np.max(np.abs(x - y), initial=0)) / scale
        tolerance = COARSE if self.evaluator.coarse else EXACT
        if relation == r"\approx":
            tolerance = self.printed_precision(a, b, scale) or APPROXIMATE * max(scale, 0.1) / scale
        if not difference <= tolerance:
            raise Wrong(f"{source(a)} is {shown(x)}, but {source(b)} is {shown(y)}{self.hint(x, y)}")
        if relation == "=":
            self.verdict.difference = max(self.verdict.difference, difference)

    def printed_precision(self, a, b, scale):
        """Half a unit of the last digit printed, if one side is a number as printed."""
        for node in (b, a):
            node = node.kids[0] if node.kind == "neg" else node
            if node.kind == "number":
                digits = len(node.text.split(".")[1]) if "." in node.text else 0
                return 0.5001 * 10.0 ** -digits / scale
        return None

    def hint(self, x, y):
        usable = np.abs(x) > 1e-12
        if not np.any(usable):
            return ""
        ratios = (y[usable] / x[usable]) if x.shape else np.array([y / x])
        if not np.allclose(ratios, ratios.flat[0], rtol=1e-6):
            return ""
        ratio, m = float(ratios.flat[0]), self.scene.sizes.get("m")
        if np.isclose(ratio, -1):
            return ": the sign is wrong"
        if m and (np.isclose(ratio, m) or np.isclose(ratio, 1 / m)):
            return f": a factor {'m too much' if np.isclose(ratio, m) else '1/m too much'}"
        return f": {ratio:.4g} times as much" if abs(ratio) > 1e-9 else ""

    def assignment(self, a, b):
        ev, scene = self.evaluator, self.scene
        key, selection, rest = ev.locate(a)
        after = self.after()
        if rest or key not in after:
            raise Wrong(f"{self.statement.source(a)} does not change in the scene, so nothing can be assigned to it")
        value = after[key][selection] if selection != () else after[key]
        order = scene.assigned
        earlier = order[:order.index(key[0])] if scene.last_time and key[0] in order else []
        saved = ev.overrides
        ev.overrides = {**saved, **{k: v for k, v in after.items() if k[0] in earlier}}
        try:
            new = ev.evaluate(b)
        finally:
            ev.overrides = saved
        self.compare(a, np.asarray(value), b, new, "=")

    def after(self):
        if not hasattr(self.scene, "_after"):
            self.scene._after = self.scene.after()
        return self.scene._after

    def member(self, node, members):
        ev, source = self.evaluator, self.statement.source
        value = ev.known(ev.evaluate(node))
        base = members.bare() if members.kind == "group" else members
        if base.kind == "set":
            self.in_set(node, value, base)
        elif base.kind in ("paren", "bracket") and base.kids[0].kind == "items":
            low, high = (np.real(ev.evaluate(k)) for k in base.kids[0].kids)
            inside = (value.real > low) & (value.real < high) if base.kind == "paren" else (
                value.real >= low) & (value.real <= high)
            if not np.all(inside) and not self.dry:
                raise Wrong(f"{source(node)} leaves {source(members)}")
        elif base.kind == "name" and base.text in self.scene.sets:
            if not np.all(np.isin(np.real(value), self.scene.sets[base.text])) and not self.dry:
                raise Wrong(f"{source(node)} is not in {source(members)}")
        else:
            self.in_space(node, value, base)

    def in_set(self, node, value, base):
        ev = self.evaluator
        inner = base.kids[0].kids if base.kids[0].kind == "items" else [base.kids[0]]
        if any(k.kind == "dots" for k in inner):
            allowed = range(ev.integer(inner[0]), ev.integer(inner[-1]) + 1)
        else:
            allowed = [float(np.real(ev.evaluate(k))) for k in inner]
        if not np.all(np.isin(np.real(value), list(allowed))) and not self.dry:
            raise Wrong(f"{self.statement.source(node)} takes other values than {self.statement.source(base)}")

    def in_space(self, node, value, base):
        ev, source = self.evaluator, self.statement.source
        name = base.kids[0] if base.kind == "post" else base
        if name.kind != "name" or name.text not in (r"\mathbb{R}", r"\mathbb{N}", "R"):
            raise Wrong(f"the set {source(base)} is not known")
        want = ()
        if base.kind == "post":
            script = base.kids[1].kids[0]

            def lengths(n):
                n = n.bare()
                if n.kind == "times":
                    return [*lengths(n.kids[0]), *lengths(n.kids[1])]
                return [ev.integer(n)]
            want = tuple(lengths(script))
        if name.text == r"\mathbb{N}" and not np.all(np.real(value) == np.round(np.real(value))):
            raise Wrong(f"{source(node)} is not a whole number")
        if len(want) == 1 and value.shape != want:
            want = (want[0], 1)
        if value.shape != want and not (value.size == 1 and want in ((), (1, 1))):
            raise Wrong(f"{source(node)} is {shape_of(value)}, but {source(base)} says "
                        f"{' x '.join(map(str, want)) or 'a number'}")

    # -- for the page: the shape of a symbol in words ---------------------------------------------------------------
    def describe(self, shape, indices):
        """The axes by the names of their sizes: "n_l x m". A number has no shape to show."""
        if shape == () or shape == (1, 1):
            return "1"
        names = {}
        for name, size in self.scene.sizes.items():
            names.setdefault(size, name)
        layer = indices.get("l")
        if layer is not None:
            for k, size in enumerate(self.scene.layers):
                offset = k - layer
                names[size] = "n_l" if offset == 0 else f"n_{{l{offset:+d}}}"
        elif self.scene.depth:
            names[self.scene.layers[-1]] = "n_L" if self.scene.depth > 1 else "n_1"
        return r" \times ".join(names.get(n, str(n)) for n in shape)


def at(indices):
    return f" [at {', '.join(f'{k} = {v}' for k, v in sorted(indices.items()))}]" if indices else ""


def shown(value):
    flat = [f"{v:.4g}" for v in np.ravel(value)[:3]]
    if np.ndim(value) == 0:
        return flat[0]
    return "[" + ", ".join(flat) + (", ...]" if value.size > 3 else "]")
