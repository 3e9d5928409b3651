"""The walk through the twenty equations shows the numbers that the equations give."""

import re

import numpy as np
import pytest

from nnlib import data
from nnlib.widgets.walkthrough import ARRAYS, STEPS, _boxes, _lookup, one_batch, walkthrough
from tests.widgets.explorers import fresh

explorer = fresh(walkthrough)


def twenty_equations(X, Y, W1, b1, W2, b2):
    """The same twenty arrays, from the equations alone, column by column where nnlib works on matrices."""
    m = X.shape[1]
    Z1 = np.stack([W1 @ X[:, i] + b1[:, 0] for i in range(m)], axis=1)
    A1 = np.where(Z1 > 0, Z1, 0)
    Z2 = np.stack([W2 @ A1[:, i] + b2[:, 0] for i in range(m)], axis=1)
    Yhat = np.exp(Z2) / np.exp(Z2).sum(axis=0)
    C = -np.log(Yhat[Y.argmax(axis=0), range(m)])[None]
    gYhat = -Y / Yhat
    J = np.stack([np.diag(s) - np.outer(s, s) for s in Yhat.T], axis=-1)
    D2 = np.stack([J[:, :, i].T @ gYhat[:, i] for i in range(m)], axis=1)
    gA1 = W2.T @ D2
    D1 = np.where(Z1 > 0, gA1, 0)
    return {
        "X": X, "Y": Y, "W1": W1, "b1": b1, "Z1": Z1, "A1": A1, "W2": W2, "b2": b2, "Z2": Z2, "Yhat": Yhat, "C": C,
        "gYhat": gYhat, "J": J[:, :, 0], "D2": D2, "gA1": gA1, "D1": D1,
        "dW2": sum(np.outer(D2[:, i], A1[:, i]) for i in range(m)) / m, "db2": D2.mean(axis=1, keepdims=True),
        "dW1": sum(np.outer(D1[:, i], X[:, i]) for i in range(m)) / m, "db1": D1.mean(axis=1, keepdims=True),
    }


@pytest.mark.parametrize("hidden", [10, 16])
@pytest.mark.parametrize("m", [1, 5])
def test_the_arrays_are_those_of_the_equations(hidden, m):
    arrays = one_batch(hidden, m)
    digits = data.mnist_sample()
    assert (arrays["X"] == digits.x_train[:, :m]).all()
    assert arrays["Y"].argmax(axis=0).tolist() == digits.labels_train[:m].tolist()
    expected = twenty_equations(*(arrays[name] for name in ("X", "Y", "W1", "b1", "W2", "b2")))
    assert arrays.keys() == expected.keys() == ARRAYS.keys()
    for name, value in expected.items():
        assert arrays[name].shape == value.shape, name
        assert arrays[name] == pytest.approx(value, abs=1e-12), name


def test_each_array_is_made_once_and_after_what_it_takes():
    made = []
    for step in STEPS:
        assert all(name.removesuffix(".T") in made for name in step.takes), step.result
        made.append(step.result)
    assert sorted(made) == sorted(ARRAYS)


@pytest.mark.parametrize("equation", range(1, 21))
def test_the_sentence_has_the_shapes_and_the_values(explorer, equation):
    before = explorer.picture.value
    explorer.set(equation=equation, hidden=16, m=3)
    assert explorer.picture.value != before
    step = STEPS[equation - 1]
    result = one_batch(16, 3)[step.result]
    assert explorer.readout.startswith(f"Equation ({equation}): {ARRAYS[step.result].spoken}, "
                                       f"{result.shape[0]} x {result.shape[1]}")
    row, column, entry, least, mean = re.search(
        r"row (\d+), column (\d+), .*: (-?[\d.]+)\. Smallest (-?[\d.]+), mean (-?[\d.]+)\.$", explorer.readout).groups()
    assert float(entry) == pytest.approx(result[int(row) - 1, int(column) - 1], abs=6e-5)
    assert abs(float(entry)) == pytest.approx(np.abs(result).max(), abs=6e-5)
    assert (float(least), float(mean)) == pytest.approx((result.min(), result.mean()), abs=6e-5)


ENTRIES = {  # how one entry comes about from what is framed, m = 3
    "Z1": lambda w, a, b: w @ a + b,
    "A1": lambda z: max(z, 0),
    "Z2": lambda w, a, b: w @ a + b,
    "C": lambda y, s: -np.log(s[y == 1]),
    "gYhat": lambda y, s: -y / s,
    "D2": lambda s, y: s - y,
    "dW2": lambda d, a: d @ a / 3,
    "db2": lambda d: d.mean(),
    "gA1": lambda w, d: w @ d,
    "D1": lambda g, z: g if z > 0 else 0,
    "dW1": lambda d, x: d @ x / 3,
    "db1": lambda d: d.mean(),
}


@pytest.mark.parametrize("step", [step for step in STEPS if step.takes], ids=lambda step: step.result)
def test_what_is_framed_gives_the_framed_entry(step):
    arrays = one_batch(16, 3)
    values = [_lookup(arrays, name) for name in (step.result, *step.takes)]
    largest = np.unravel_index(np.abs(values[0]).argmax(), values[0].shape)  # many entries are 0: this one is not
    for row, column in (largest, (0, 0), (values[0].shape[0] - 1, values[0].shape[1] - 1)):
        boxes = _boxes(step, values, row, column)
        framed = [value[top : top + tall, left : left + wide]
                  for value, (top, left, tall, wide) in zip(values, boxes, strict=True)]
        if step.result == "Yhat":
            made = np.exp(framed[1][row]) / np.exp(framed[1]).sum()
        elif step.result == "J":
            made = framed[1][row] * ((row == column) - framed[1][column])
        else:
            made = ENTRIES[step.result](*framed[1:])
        assert np.squeeze(made).item() == pytest.approx(framed[0].item(), abs=1e-12)


def test_all_ends_of_the_controls(explorer):
    for hidden in (10, 16):
        for m in (1, 8):
            for equation in (0, 1, 13, 20):
                explorer.set(equation=equation, hidden=hidden, m=m)
                assert explorer.readout.startswith(("Equation", "Twenty")), explorer.readout
                assert "nan" not in explorer.readout
                assert "inf" not in explorer.readout
