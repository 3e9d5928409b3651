"""The book's displayed equations: where they stand, what their authors say of them, what came of each."""

import ast
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from equations.checking import Verdict, check, declares
from equations.scenes import SCENES

ROOT = Path(__file__).resolve().parent.parent
KEYS = {"scene", "code", "sizes", "let", "excuse", "words"}

DEFAULT_SCENES = {
    "01": ["gate", "neuron", "activations"],
    "02": ["layer", "layer-batch", "network"],
    "03": ["output-quadratic", "outputs-quadratic", "neuron"],
    "04": ["bowl", "parabola", "logistic", "minibatch", "descent"],
    "05": ["neuron-one", "chain", "network-bce"],
    "06": ["example", "network"],
    "07": ["softmax", "network-ce"],
    "08": ["relu-softmax", "example-relu-softmax"],
    "09": ["network", "network-bce", "classes"],
    "10": ["network", "example"],
    "11": ["gradient-descent", "momentum", "nesterov", "rmsprop", "adam"],
    "12": ["network-penalty"],
    "13": ["convolution", "pooling"],
    "14": ["recurrent", "lstm"],
    "15": ["gan"],
    "16": ["network", "relu-softmax"],
    "17": ["descent"],
}
FALLBACK = ["numbers", "neuron", "layer", "layer-batch", "example", "network"]

DISPLAY = re.compile(r"(?<!\\)\$\$(?P<tex>.+?)(?<!\\)\$\$[ \t]*(?:\((?P<label>[^)\s]+)\))?", re.S)
DIRECTIVE = re.compile(r"^(?P<fence>```+|:::+)\{math\}[^\n]*\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.S | re.M)
ENVIRONMENT = re.compile(r"\\begin\{(equation|align|gather|multline)\*?\}.*?\\end\{\1\*?\}", re.S)
FENCE = re.compile(r"^(```+|~~~+)(?!\{math\}).*?^\1[ \t]*$", re.S | re.M)
SETTINGS = re.compile(r"^%[ \t]*equations:[ \t]*(\{.*\})[ \t]*$", re.M)
COMMENT = re.compile(r"#.*?(eq-[A-Za-z0-9-]+(?:\s*,\s*eq-[A-Za-z0-9-]+)*)")


@dataclass
class Equation:
    """One displayed equation, as printed."""

    label: str
    tex: str
    page: Path
    cell: int
    settings: dict = field(default_factory=dict)
    scenes: list = field(default_factory=list)   # the page's list, in order of preference
    next_code: int | None = None                 # the code cell that follows
    problem: str = ""

    @property
    def place(self):
        return f"{self.page.name}, cell {self.cell}"


@dataclass
class Line:
    """A place in the library that an equation is linked to."""

    path: str
    number: int
    name: str
    text: str
    last: int = 0


@dataclass
class Result:
    """An equation and what came of it. status: executed, excused or failed."""

    equation: Equation
    status: str
    message: str = ""
    verdicts: list = field(default_factory=list)
    lines: list = field(default_factory=list)

    @property
    def cases(self):
        return sum(v.cases for v in self.verdicts)

    @property
    def difference(self):
        return max((v.difference for v in self.verdicts), default=0.0)


# -- finding -----------------------------------------------------------------------------------------------

def pages(names=()):
    """The chapters (and text pages) to read: all of them, or those whose names are given."""
    everything = [*sorted((ROOT / "chapters").glob("*.ipynb")), ROOT / "index.md",
                  *sorted((ROOT / "appendix").glob("*.md")), *sorted((ROOT / "appendix").glob("*.ipynb"))]
    everything = [p for p in everything if p.exists()]
    if not names:
        return everything
    chosen = []
    for name in names:
        path = Path(name)
        found = [path.resolve()] if path.suffix and path.exists() else [
            p for p in everything if p.name.startswith(path.name) or p.stem == path.stem]
        if not found:
            raise FileNotFoundError(f"no chapter {name!r}: there are {', '.join(p.stem for p in everything)}")
        chosen += found
    return chosen


def displayed(markdown):
    """[(label, tex, problem)] of a piece of markdown, in order."""
    text = FENCE.sub(lambda m: " " * len(m.group()), markdown)
    text = re.sub(r"(?<!`)`[^`\n]+`(?!`)", lambda m: " " * len(m.group()), text)
    found = []
    for match in DIRECTIVE.finditer(text):
        label = re.search(r"^:label:\s*(\S+)", match["body"], re.M)
        tex = re.sub(r"^:\w+:.*$", "", match["body"], flags=re.M)
        found.append((match.start(), label[1] if label else "", tex.strip(), ""))
    text = DIRECTIVE.sub(lambda m: " " * len(m.group()), text)
    for match in DISPLAY.finditer(text):
        found.append((match.start(), match["label"] or "", match["tex"].strip(), ""))
    text = DISPLAY.sub(lambda m: " " * len(m.group()), text)
    for match in ENVIRONMENT.finditer(text):
        found.append((match.start(), "", match.group(), "a displayed equation is written $$ ... $$ (eq-name)"))
    return [(label, tex, problem) for _, label, tex, problem in sorted(found)]


def equations_of(page):
    """The displayed equations of a chapter or text page."""
    page = Path(page)
    found = []
    if page.suffix == ".ipynb":
        notebook = json.loads(page.read_text(encoding="utf-8"))
        cells, settings = notebook["cells"], notebook["metadata"].get("equations", {})
        scenes = settings.get("scenes") or DEFAULT_SCENES.get(page.name[:2], [])
        for number, cell in enumerate(cells):
            if cell["cell_type"] != "markdown":
                continue
            settings = cell["metadata"].get("equations", {})
            following = next((k for k in range(number + 1, len(cells)) if cells[k]["cell_type"] == "code"), None)
            found += _in_cell(page, number, "".join(cell["source"]), settings, list(scenes), following)
    else:
        text = page.read_text(encoding="utf-8")
        settings = {}
        for match in SETTINGS.finditer(text):
            settings.update(json.loads(match[1]))
        found += _in_cell(page, 0, SETTINGS.sub("", text), settings, settings.pop("scenes", []), None)
    return found


def _in_cell(page, number, source, settings, scenes, following):
    result = []
    for label, tex, problem in displayed(source):
        own = dict(settings.get(label, {}))
        unknown = set(own) - KEYS
        if not label:
            problem = problem or "a displayed equation without a label: write $$ ... $$ (eq-name)"
        elif not label.startswith("eq-"):
            problem = f"a label begins with eq-, this one is {label}"
        elif unknown:
            problem = f"the metadata does not know {', '.join(sorted(unknown))}: it knows {', '.join(sorted(KEYS))}"
        result.append(Equation(label or "(none)", tex, page, number, own, scenes, following, problem))
    labels = {e.label for e in result}
    for label in settings:
        if label not in labels and label != "scenes":
            result.append(Equation(label, "", page, number, {}, scenes, following,
                                   f"the cell's metadata speaks of {label}, but no such equation stands in the cell"))
    return result


# -- the library's side of the links -------------------------------------------------------------------------

@lru_cache(maxsize=1)
def library_lines():
    """{label: [Line]}: the lines of nnlib that carry a comment with the label of an equation."""
    links = {}
    for path in sorted((ROOT / "nnlib").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        owners = list(_owners(ast.parse(text)))
        for number, line in enumerate(text.splitlines(), 1):
            match = COMMENT.search(line)
            if not match:
                continue
            inside = [(start, stop, name) for start, stop, name in owners if start <= number <= stop]
            name = max(inside)[2] if inside else ""
            for label in re.findall(r"eq-[A-Za-z0-9-]+", match[1]):
                links.setdefault(label, []).append(
                    Line(str(path.relative_to(ROOT)), number, name, line.strip(), number))
    return links


def _owners(tree, prefix=""):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            name = prefix + node.name
            yield node.lineno, node.end_lineno, name
            yield from _owners(node, name + ".")


def find_code(reference):
    """The Line of "nnlib/layers.py::Dense.forward". Raises LookupError."""
    path, _, name = reference.partition("::")
    file = ROOT / path
    if not file.is_file():
        raise LookupError(f"code {reference!r}: there is no file {path}")
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    places = {qualified: (start, stop) for start, stop, qualified in _owners(tree)}
    bases = {c.name: [b.id for b in c.bases if isinstance(b, ast.Name)]
             for c in tree.body if isinstance(c, ast.ClassDef)}
    kind, _, method = name.partition(".")
    for candidate in [name, *(f"{base}.{method}" for base in bases.get(kind, []))]:
        if candidate in places:
            start, stop = places[candidate]
            return Line(path, start, candidate, text.splitlines()[start - 1].strip(), stop)
    raise LookupError(f"code {reference!r}: {path} defines no {name}")


def labelled():
    """{label: Equation} of the whole book, read again when a page has changed."""
    found = pages()
    return _labelled(tuple((p, p.stat().st_mtime_ns) for p in found))


@lru_cache(maxsize=1)
def _labelled(stamped):
    return {e.label: e for path, _ in reversed(stamped) for e in reversed(equations_of(path))}


def linked_lines(equation, depth=0):
    """The lines that implement an equation, by its settings and by the library's comments."""
    marked = library_lines().get(equation.label, [])
    code = equation.settings.get("code")
    if code is None:
        return list(marked)
    lines = []
    for reference in [code] if isinstance(code, str) else code:
        if reference.startswith("eq-"):
            if depth > 5:
                raise LookupError(f"code {reference!r}: the labels refer to each other in a circle")
            other = labelled().get(reference)
            found = linked_lines(other, depth + 1) if other else library_lines().get(reference)
            if found is None:
                raise LookupError(f"code {reference!r}: there is no such equation")
            lines += found
        else:
            place = find_code(reference)
            inside = [line for line in marked
                      if line.path == place.path and place.number <= line.number <= place.last]
            lines += inside or [place]
    return lines


# -- checking ------------------------------------------------------------------------------------------------

def scenes_for(equation):
    """The scenes an equation is tried in: the author's, or the first of the page's that declares its symbols."""
    named = equation.settings.get("scene")
    if named:
        return [named] if isinstance(named, str) else list(named)
    options = equation.settings.get("sizes"), equation.settings.get("let")
    if options[1] and "free" not in equation.scenes:
        candidates = [*equation.scenes, "free", *FALLBACK]
    else:
        candidates = ["numbers", *equation.scenes, *FALLBACK]
    for name in dict.fromkeys(candidates):
        if name in SCENES and declares(name, equation.tex, *options):
            return [name]
    return []


def examine(equation):
    """The Result of one equation."""
    if equation.problem:
        return Result(equation, "failed", equation.problem)
    try:
        lines = linked_lines(equation)
    except LookupError as error:
        return Result(equation, "failed", str(error))
    excuse = equation.settings.get("excuse")
    if excuse is not None:
        if not str(excuse).strip():
            return Result(equation, "failed", "an excuse must say why")
        return Result(equation, "excused", str(excuse), lines=lines)
    scenes = scenes_for(equation)
    if not scenes:
        tried = check(equation.tex, (equation.scenes or FALLBACK)[0], equation.settings.get("sizes"),
                      equation.settings.get("let"))
        return Result(equation, "failed", "no scene of this page declares all its symbols"
                      + (f" ({tried.message})" if not tried.ok else "") + ': name one, "scene": ...')
    verdicts = [check(equation.tex, name, equation.settings.get("sizes"), equation.settings.get("let"))
                if name in SCENES else Verdict(False, f"there is no scene {name!r}") for name in scenes]
    bad = next((v for v in verdicts if not v.ok), None)
    if bad:
        return Result(equation, "failed", bad.message, verdicts, lines)
    return Result(equation, "executed", "", verdicts, lines)


def examine_pages(paths):
    """The Results of several pages, in order; a label used twice fails the second time."""
    results, first = [], {}
    for path in dict.fromkeys([*pages(), *map(Path, paths)]):
        for equation in equations_of(path):
            taken = first.setdefault(equation.label, equation)
            if path not in paths:
                continue
            if taken is not equation and not equation.problem:
                equation.problem = f"the label {equation.label} is taken, in {taken.place}"
            results.append(examine(equation))
    return results
