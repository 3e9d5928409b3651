"""What every chapter keeps: it was run from top to bottom, its figures have words, its equations have names.

That the stored outputs are the ones the code gives, nbval checks when pytest runs the notebooks themselves.
"""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
BOOK = [*CHAPTERS, *sorted((ROOT / "appendix").glob("*.md")), ROOT / "index.md"]

DISPLAYED = re.compile(r"\$\$(.*?)\$\$[ \t]*(?:\(([^)\n]*)\))?", re.DOTALL)
REFERENCE = re.compile(r"\{(?:eq|numref|ref)\}`(?:[^`<]*<)?([^`>]+)>?`")
LABEL = re.compile(r"^\(([\w-]+)\)=\s*$|^\s*:(?:label|name):\s*(\S+)\s*$", re.MULTILINE)

chapters = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


def cells(path: Path, kind: str) -> list[dict]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell | {"source": "".join(cell["source"])} for cell in notebook["cells"] if cell["cell_type"] == kind]


def prose(path: Path) -> str:
    """The Markdown of a page, without code in backticks or fences, where `$$` is no mathematics."""
    if path.suffix == ".ipynb":
        text = "\n\n".join(cell["source"] for cell in cells(path, "markdown"))
    else:
        text = path.read_text(encoding="utf-8")
    text = re.sub(r"^```(?!\{)\w*\n.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return text


def tags(cell: dict) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def displayed_equations(text: str) -> list[tuple[str, str]]:
    """The displayed equations of a text: (LaTeX, label or "")."""
    return [(latex.strip(), label or "") for latex, label in DISPLAYED.findall(text)]


@chapters
def test_was_run_from_top_to_bottom(chapter):
    counts = [cell["execution_count"] for cell in cells(chapter, "code") if cell["source"].strip()]
    assert counts == list(range(1, len(counts) + 1)), "run `make notebooks`: nbval passes cells without a count"


@chapters
def test_ends_in_no_error_but_those_on_purpose(chapter):
    for cell in cells(chapter, "code"):
        failed = [output["evalue"] for output in cell["outputs"] if output["output_type"] == "error"]
        assert not failed or "raises-exception" in tags(cell), failed


@chapters
def test_every_figure_has_alt_text(chapter):
    for cell in cells(chapter, "code"):
        figures = [output for output in cell["outputs"] if "image/png" in output.get("data", {})]
        alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
        assert not figures or len(alt.split()) >= 5, f"say what this figure shows:\n{cell['source']}"


@chapters
def test_nearly_every_cell_is_compared(chapter):
    code = cells(chapter, "code")
    quiet = [cell for cell in code if tags(cell) & {"nbval-skip", "nbval-ignore-output"}]
    assert len(quiet) * 10 <= len(code), f"{len(quiet)} of {len(code)} cells are not compared"
    assert not [cell for cell in code if "NBVAL_" in cell["source"]], "use tags, not comments"


@chapters
def test_prints_no_path_of_this_machine(chapter):
    outputs = json.dumps([cell["outputs"] for cell in cells(chapter, "code")])
    assert not re.findall(r"/(?:home|root|tmp|Users|work)/[\w.-]+", outputs)


@chapters
def test_every_displayed_equation_is_labelled(chapter):
    bare = [latex for latex, label in displayed_equations(prose(chapter)) if not label.startswith("eq-")]
    assert bare == []


def test_labels_are_unique_in_the_book():
    labels = [label for page in BOOK for _, label in displayed_equations(prose(page)) if label]
    labels += [name or option for page in BOOK for name, option in LABEL.findall(prose(page))]
    assert sorted(label for label in set(labels) if labels.count(label) > 1) == []


def test_every_equation_is_referred_to():
    """An equation that gets a number is called by it at least once: in the prose, or in a line of code."""
    text = "\n".join(prose(page) for page in BOOK)
    code = "\n".join(cell["source"] for chapter in CHAPTERS for cell in cells(chapter, "code"))
    code += "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "nnlib").rglob("*.py")))
    labels = {label for page in CHAPTERS for _, label in displayed_equations(prose(page)) if label}
    named = {name.strip() for name in REFERENCE.findall(text)} | set(re.findall(r"eq-[\w-]+", code))
    assert sorted(labels - named) == []


def test_the_reader_of_equations_sees_what_it_should():
    text = "a $$ x = 1 $$ (eq-one)\n\n$$\ny\n$$ (eq-two)\n\n$$ z $$\n\n{eq}`eq-one` and {eq}`words <eq-two>`"
    assert displayed_equations(text) == [("x = 1", "eq-one"), ("y", "eq-two"), ("z", "")]
    assert REFERENCE.findall(text) == ["eq-one", "eq-two"]
