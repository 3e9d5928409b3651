"""The shape machine's verdicts, checked against sums written out entry by entry."""

import itertools
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnlib.widgets.shapes import (
    BIASES,
    ERROR,
    LAYOUTS,
    PRODUCTS,
    RIGHT,
    SILENT,
    TURNED,
    draw_shapes,
    make_layer,
    run_line,
    shape_machine,
)
from tests.widgets.explorers import fresh

machine = fresh(shape_machine)


def verdicts(n0, n1, m, layout):
    layer = make_layer(n0, n1, m, layout)
    return {line: run_line(*layer, *line)[1] for line in itertools.product(PRODUCTS, BIASES)}


def entry_by_entry(W, x, b):
    """z[j, i] for x of shape (n0, m), from the definition and nothing else."""
    return [[sum(W[j, k] * x[k, i] for k in range(len(x))) + b[j, 0] for i in range(x.shape[1])] for j in range(len(W))]


@pytest.mark.parametrize("layout", LAYOUTS.values())
def test_truth_is_the_definition(layout):
    W, X, b, truth = make_layer(4, 3, 5, layout)
    x, z = (X, truth) if layout == "columns" else (X.T, truth.T)
    np.testing.assert_allclose(z, entry_by_entry(W, x, b))


def test_different_sizes_leave_one_line_that_runs():
    for layout, line in (("columns", ("W @ X", "(n₁, 1)")), ("rows", ("X @ W.T", "(n₁,)"))):
        found = verdicts(4, 3, 5, layout)
        assert found.pop(line) == RIGHT
        assert set(found.values()) == {ERROR}


def test_flat_bias_is_silent_exactly_when_neurons_equal_examples():
    for n1, m in itertools.product(range(2, 6), repeat=2):
        assert verdicts(7, n1, m, "columns")["W @ X", "(n₁,)"] == (SILENT if n1 == m else ERROR)


def test_equal_sizes_hide_seven_wrong_lines():
    found = verdicts(10, 10, 10, "columns")
    assert found.pop(("W @ X", "(n₁, 1)")) == RIGHT
    assert set(found.values()) == {SILENT}


def test_turned_result_is_told_apart_from_a_wrong_one():
    assert verdicts(3, 1, 4, "columns")["W @ X", "(n₁,)"] == RIGHT
    assert TURNED not in verdicts(4, 3, 5, "rows").values()
    W, X, b, truth = make_layer(4, 3, 5, "columns")
    assert run_line(W, X, b, truth.T, "W @ X", "(n₁, 1)")[1] == TURNED


def test_readout_counts_the_silent_lines_and_names_the_danger(machine):
    for sizes in ({"n0": 4, "n1": 3, "m": 5}, {"n0": 5, "n1": 3, "m": 3}, {"n0": 6, "n1": 6, "m": 6}):
        for layout in LAYOUTS.values():
            machine.set(**sizes, layout=layout)
            stated = int(re.search(r"wrong: (\d) of 8", machine.readout)[1])
            assert stated == list(verdicts(**sizes, layout=layout).values()).count(SILENT)
            assert ("DANGEROUS" in machine.readout) == (len(set(sizes.values())) < 3)
    machine.reset()


def test_the_error_says_which_sizes_differ(machine):
    machine.set(n0=4, n1=3, m=5, layout="columns", product="X @ W", bias="(n₁, 1)")
    assert "inner sizes 5 and 3 differ" in machine.readout
    machine.set(product="W @ X", bias="(n₁,)")
    assert "(3, 5) and (3,) do not broadcast" in machine.readout
    machine.reset()


def test_extremes_draw_without_error():
    for n0, n1, m in itertools.product((1, 10), repeat=3):
        for layout, product, bias in itertools.product(LAYOUTS.values(), ("W @ X", "X @ W.T"), BIASES):
            readout = draw_shapes(Figure(), n0, n1, m, layout, product, bias)
            assert ("ValueError" in readout) != ("gives" in readout)
