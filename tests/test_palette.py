"""One palette: the table in JSON, the site's CSS and the figures' colours say the same, and all can be read."""

import json
import re
from itertools import product
from pathlib import Path

import pytest

STYLE = Path(__file__).resolve().parent.parent / "website" / "style"
TABLE = json.loads((STYLE / "palette.json").read_text(encoding="utf-8"))
THEMES = ("light", "dark")


def css_variables(theme):
    """The custom properties that palette.css sets for one theme, by name without the leading dashes."""
    css = re.sub(r"/\*.*?\*/", "", (STYLE / "palette.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    (block,) = re.findall(rf'html\[data-theme="{theme}"\][^{{]*{{([^}}]*)}}', css)
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", block))


def table_variables(theme):
    """The same properties, from palette.json."""
    symbols = {f"sym-{name}": symbol[theme] for name, symbol in TABLE["symbols"].items()}
    return TABLE["page"][theme] | symbols


def luminance(colour):
    """Relative luminance of "#rrggbb", WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast ratio of two colours, from 1 to 21, WCAG 2.2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_stylesheet_and_table_agree(theme):
    assert css_variables(theme) == table_variables(theme)


@pytest.mark.parametrize(("theme", "ground"), list(product(THEMES, ("paper", "panel"))))
def test_every_text_colour_is_legible(theme, ground):
    page = TABLE["page"][theme]
    texts = {"ink": page["ink"], "muted": page["muted"]}
    texts |= {name: symbol[theme] for name, symbol in TABLE["symbols"].items()}
    ratios = {name: round(contrast(colour, page[ground]), 2) for name, colour in texts.items()}
    assert min(ratios.values()) >= 4.5, ratios


@pytest.mark.parametrize("theme", THEMES)
def test_ink_on_the_marker_is_legible(theme):
    ink = TABLE["page"][theme]["ink"]
    assert contrast(ink, TABLE["page"][theme]["marker"]) >= 4.5


def test_figures_use_the_light_table():
    plots = pytest.importorskip("nnlib.plots")
    assert {name: symbol["light"] for name, symbol in TABLE["symbols"].items()} == plots.PALETTE
    light = TABLE["page"]["light"]
    figures = {"paper": plots.PAPER, "panel": plots.PANEL, "line": plots.LINE, "ink": plots.INK, "muted": plots.MUTED}
    assert figures == {name: light[name] for name in figures}


def test_no_other_stylesheet_sets_a_symbol_colour_on_screen():
    for path in STYLE.glob("*.css"):
        if path.name not in ("palette.css", "print.css"):
            assert not re.search(r"--sym-\w+\s*:", path.read_text(encoding="utf-8")), path.name
