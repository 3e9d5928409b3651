"""What the appendices state is true of nnlib, and docstrings survive the way onto the page."""

import re
from pathlib import Path

import numpy as np
import pytest

from nnlib import Dense, Network
from website.extensions import symbols
from website.extensions.reference import translate

ROOT = Path(__file__).resolve().parent.parent
SHAPES = (ROOT / "appendix" / "shapes.md").read_text(encoding="utf-8")
LIBRARY = (ROOT / "appendix" / "library.md").read_text(encoding="utf-8")


def card():
    """The rows of the shapes card: code name -> the shapes it gives for 784-30-10 and a batch of 32."""
    lines = [line.strip("| ") for line in SHAPES.splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return {row[2].strip("`"): re.findall(r"\([\d, ]*\)", row[-1]) for row in rows if row[-1].startswith("`")}


def test_every_shape_on_the_card_is_the_shape_nnlib_uses():
    network = Network([Dense(784, 30), Dense(30, 10)], cost="quadratic", rng=0)
    x, y = np.zeros((784, 32)), np.zeros((10, 32))
    network.forward(x)
    network.backward(y)
    names = ("W", "b", "z", "a", "delta", "dW", "db")
    actual = {name: [getattr(layer, name) for layer in network.layers] for name in names}
    actual |= {"x": [x], "y": [y], "parameters": [network.parameters], "gradient": [network.gradient]}
    actual["cost"] = [np.asarray(network.batch_cost(y))]
    assert card() == {name: [str(array.shape) for array in arrays] for name, arrays in actual.items()}


def test_the_library_page_shows_every_module_in_reading_order():
    documented = re.findall(r"automodule:: nnlib\.(\w+)", LIBRARY)
    modules = {path.stem for path in (ROOT / "nnlib").glob("*.py")} - {"__init__", "plots"}  # figures, not the library
    assert set(documented) == modules
    above = set()
    for name in documented:
        source = (ROOT / "nnlib" / f"{name}.py").read_text(encoding="utf-8")
        assert set(re.findall(r"^from nnlib\.(\w+)", source, flags=re.MULTILINE)) <= above, name
        above.add(name)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a * b and |x|", r"a \* b and \|x\|"),
        ("x: inputs (n_0, m). y: targets (n_L, m).", "``x``: inputs (n_0, m). ``y``: targets (n_L, m)."),
        ("run `make site` and W_", r"run ``make site`` and W\_"),
    ],
)
def test_plain_docstrings_keep_their_signs(line, expected):
    assert expected in translate([line])


def test_an_indented_block_stays_as_it_is_set():
    assert translate(["such as", "", "    a = b * c", "", "and so on"]) == [
        "such as", "", "", ".. code-block:: none", "", "    a = b * c", "", "", "and so on", "",
    ]  # fmt: skip


HUES = {
    "W": "W", "dW": "W", "W1": "W", "x_train": "x", "a_previous": "x", "y_hat": "x", "db": "b", "Z_mean": "z",
    "Y": "y", "delta2": "delta", "cost": "cost", "eta": "eta", "ax": None, "cost_from": None, "batch": None,
}  # fmt: skip


@pytest.mark.parametrize(("name", "hue"), list(HUES.items()))
def test_a_name_in_code_has_the_hue_of_its_symbol(name, hue):
    plain = f'<span class="n">{name}</span>'
    assert symbols.role(name) == hue
    assert symbols.colour(plain) == (f'<span class="n sym-{hue}">{name}</span>' if hue else plain)


def test_a_letter_with_two_meanings_says_in_which_chapters():
    said = {(symbol.printed, symbol.meaning): symbols.where(symbol) for symbol in symbols.SYMBOLS}
    assert said["z", "noise, from which the generator makes an example"] == " (chapter 15)"
    assert said["g", "error passed back to an activation"] == " (chapter 10)"
    assert said["H", "matrix of the second derivatives"] == " (chapters 11 and 12)"
    assert all(bool(symbols.where(symbol)) == bool(symbol.scenes) for symbol in symbols.SYMBOLS)
