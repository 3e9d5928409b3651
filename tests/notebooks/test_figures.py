"""The comparison of figures can fail, and knows noise from a change."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.notebooks.figures import compare_figures


def drawn(slope: float = 1.0, color: str = "C0", label: str = "x", size: float = 4.0) -> bytes:
    figure = Figure(figsize=(size, 3))
    axes = figure.subplots()
    axes.plot([0, 1], [0, slope], color=color)
    axes.set(xlabel=label, ylim=(0, 2))
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def test_equal_figures_agree(tmp_path):
    assert compare_figures("a", [drawn()], [drawn()], tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


def test_the_last_digits_of_a_float_do_not_matter(tmp_path):
    assert compare_figures("a", [drawn()], [drawn(slope=1 + 1e-6)], tmp_path) == ""


@pytest.mark.parametrize("change", [{"slope": 1.1}, {"color": "C1"}, {"label": "input"}, {"size": 4.1}], ids=str)
def test_a_change_is_caught(tmp_path, change):
    assert compare_figures("a", [drawn()], [drawn(**change)], tmp_path) != ""
    assert (tmp_path / "a-figure-1-fresh.png").is_file()


def test_a_missing_figure_is_caught(tmp_path):
    assert compare_figures("a", [drawn(), drawn()], [drawn()], tmp_path) == "2 figures are stored, 1 came"


def test_transparent_and_white_are_the_same_on_paper(tmp_path):
    from PIL import Image

    pngs = []
    for alpha in (0, 255):
        png = io.BytesIO()
        Image.fromarray(np.full((4, 4, 4), (255, 255, 255, alpha), dtype="uint8")).save(png, format="png")
        pngs.append(png.getvalue())
    assert compare_figures("a", pngs[:1], pngs[1:], tmp_path) == ""
