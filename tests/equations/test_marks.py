"""Colours put into printed LaTeX leave the mathematics as it was, also where symbols stand inside each other."""

import re
from types import SimpleNamespace

import pytest

from website.equation_marks import dressed


@pytest.mark.parametrize(("scene", "tex"), [
    ("neuron", r"C = -\ln \left( a^{y} (1 - a)^{1 - y} \right)"),
    ("neuron", r"a^{y}"),
    ("network", r"Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}"),
])
def test_taking_the_colours_away_gives_the_equation_back(scene, tex):
    result = SimpleNamespace(equation=SimpleNamespace(tex=tex, settings={}),
                             verdicts=[SimpleNamespace(scene=scene, shapes={})])
    coloured = dressed(result)
    assert coloured.count(r"\class{sym-") >= 2
    innermost = re.compile(r"\{\\class\{sym-\w+\}\{((?:[^{}]|\{[^{}]*\})*)\}\}")
    while innermost.search(coloured):
        coloured = innermost.sub(r"\1", coloured)
    assert coloured == tex
