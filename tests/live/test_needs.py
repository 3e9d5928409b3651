"""Which cells a cell needs, and how a page's policy is made: no browser."""

import base64
import hashlib
import json
from types import SimpleNamespace

import pytest

from tests.conftest import ROOT
from website.live.extension import STILL, add_policy, add_to_page, inline_hashes, packs_of
from website.live.needs import needs

VIEW = "application/vnd.jupyter.widget-view+json"


def test_names_are_followed_upwards():
    assert needs(["x = 1", "y = 2", "x + 1"]) == [[], [], [0]]
    assert needs(["x = 1", "y = x", "z = y"])[2] == [0, 1]


def test_a_fresh_binding_hides_what_is_above():
    assert needs(["x = 1", "x = 2", "print(x)"])[2] == [1]
    assert needs(["for i in range(3):\n    print(i)", "for i in range(2):\n    print(i)"])[1] == []


def test_a_change_counts():
    assert needs(["x = []", "x.append(1)", "print(x)"])[2] == [0, 1]
    assert needs(["x = [0]", "x[0] = 1", "x"])[2] == [0, 1]
    assert needs(["x = 0", "x += 1", "x"])[2] == [0, 1]
    assert needs(["from nnlib import train\nnet = 1", "for e in train(net): pass", "net"])[2] == [0, 1]


def test_a_generator_moves_with_every_draw():
    assert needs(["rng = make()", "a = rng.normal()", "b = rng.normal()"])[2] == [0, 1]


def test_a_function_needs_what_it_reads_when_called():
    assert needs(["w = 1\ndef f(x):\n    return w * x", "w = 2", "f(3)"])[2] == [0, 1]
    assert needs(["def f(x):\n    return g(x)", "def g(x):\n    return x", "f(1)"])[2] == [0, 1]


def test_a_function_called_where_it_is_defined_needs_what_it_reads():
    assert needs(["w = 1", "def f(x):\n    return w * x\nf(3)"])[1] == [0]
    two = "def f(x):\n    return w * x\ndef g(x):\n    return f(x)\ng(3)"
    assert needs(["w = 1", two, "g(4)"]) == [[], [0], [0, 1]]
    assert needs(["w = 1", "w = 2\ndef f(x):\n    return w * x\nf(3)"])[1] == []
    assert needs(["w = 1", "def f(x):\n    return w * x"])[1] == []  # not called here


def test_calling_a_pure_function_changes_nothing():
    cells = ["def f(x):\n    return x + 1", "x = 1", "f(x)", "x"]
    assert needs(cells)[3] == [1]
    assert needs(["def f(x):\n    x.append(1)", "x = []", "f(x)", "x"])[3] == [0, 1, 2]


def test_what_is_no_python_needs_everything():
    assert needs(["x = 1", "y = 2", "this is no Python"])[2] == [0, 1]
    assert needs(["%matplotlib inline\nx = 1", "x"])[1] == [0]


def test_a_page_fetches_what_it_imports():
    def packs(source):
        return packs_of([{"source": source}])

    assert packs("import numpy as np") == ["numpy"]
    assert packs("from nnlib.widgets.neuron import x") == ["numpy", "matplotlib", "widgets"]
    assert packs("from nnlib import plots") == ["numpy", "matplotlib"]
    assert packs("from tqdm.auto import tqdm") == ["numpy", "tqdm"]


def test_without_python_a_widget_says_that_it_stands_still(monkeypatch):
    monkeypatch.setenv("LIVE", "0")
    view = '<script type="application/vnd.jupyter.widget-view+json">{}</script>'
    context = {"body": f"<p>before</p>{view}"}
    add_to_page(SimpleNamespace(builder=SimpleNamespace(format="html")), "chapters/01", "page.html", context, None)
    assert context["body"] == f"<p>before</p>{STILL}{view}"


def test_the_policy_names_every_inline_script():
    text = "document.body.dataset.x = 1;"
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    page = f'<html><head></head><body onload="go()"><script>{text}</script><script src="a.js"></script></body></html>'
    assert f"'sha256-{digest}'" in inline_hashes(page)
    assert "'unsafe-hashes'" in inline_hashes(page)
    assert "'unsafe-hashes'" not in inline_hashes(f"<head></head><script>{text}</script>")
    assert add_policy(page).index("Content-Security-Policy") < add_policy(page).index("<script")
    data = '<head></head><script type="application/json">{}</script>'
    assert inline_hashes(data) == []


@pytest.mark.parametrize("path", sorted((ROOT / "chapters").glob("[0-9][0-9]-*.ipynb")), ids=lambda path: path.stem)
def test_a_widget_can_be_touched_first(path, monkeypatch):
    """What a touch on a freshly opened page runs: the cells a widget needs, and the widget's own."""
    monkeypatch.chdir(path.parent)
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells]
    for position, needed in enumerate(needs(sources)):
        if any(VIEW in output.get("data", {}) for output in cells[position]["outputs"]):
            names = {"__name__": "__main__", "display": lambda *_: None}
            for part in [*needed, position]:
                exec(compile(sources[part], f"cell {part + 1}", "exec"), names)
