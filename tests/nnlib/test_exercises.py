"""The checker of exercises accepts what is right, and names what is wrong by the slip that was made."""

import numpy as np
import pytest

from nnlib.exercises import EXERCISES, SAYS, check, sigmoid, slope
from nnlib.layers import Dense
from nnlib.network import Network
from nnlib.recurrent import EachStep, Recurrent

EVERYWHERE = {
    "lost 1/m": lambda right, m: m * right,
    "1/m too many": lambda right, m: right / m,
    "wrong sign": lambda right, m: -right,
    "factor 2": lambda right, m: 2 * right,
    "factor 1/2": lambda right, m: right / 2,
    "wrong sign, lost 1/m": lambda right, m: -m * right,
}


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_right_passes(name):
    verdict = check(name, EXERCISES[name].right)
    assert verdict
    assert verdict.slip == ""
    assert repr(verdict) == "Right, on 3 random batches with all sizes different."


@pytest.mark.parametrize(("name", "slip"), [(name, slip) for name in EXERCISES for slip in EXERCISES[name].slips])
def test_the_slips_of_each_exercise_are_named(name, slip):
    verdict = check(name, EXERCISES[name].slips[slip])
    assert not verdict
    assert verdict.slip == slip
    assert SAYS[slip].split("{")[0] in verdict.text
    assert repr(verdict).split() == verdict.text.split()
    assert max(map(len, repr(verdict).splitlines())) <= 76


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("slip", EVERYWHERE)
def test_the_slips_of_all_exercises_are_named(name, slip):
    def wrong(*arguments):
        return EVERYWHERE[slip](EXERCISES[name].right(*arguments), arguments[-1].shape[1])

    assert check(name, wrong).slip == slip


@pytest.mark.parametrize("name", ["weight gradient", "pass back", "hidden error", "output error", "step back",
                                  "softmax"])
def test_a_transpose_is_named(name):
    assert check(name, lambda *arguments: EXERCISES[name].right(*arguments).T).slip == "missing transpose"


def test_the_classics_in_a_readers_words():
    assert check("bias gradient", lambda delta: np.sum(delta)).slip == "sum over everything, lost 1/m"
    assert check("bias gradient", lambda delta: delta.mean(axis=1)).slip == "wrong shape"
    assert "(4,) and not (4, 1)" in check("bias gradient", np.ones((4, 3)).mean(axis=1), np.ones((4, 3))).text
    assert check("bias gradient", lambda delta: delta.sum(axis=1)).slip == "lost 1/m"
    assert check("weight gradient", lambda delta, a: a @ delta.T).slip == "missing transpose, lost 1/m"
    assert check("output error", lambda z, y: (y - sigmoid(z)) * slope(z)).slip == "wrong sign"
    assert check("softmax", lambda z: np.exp(z) / np.exp(z).sum(axis=1)[:, None]).slip == "sum over the wrong axis"


def test_an_error_of_shape_names_the_shapes():
    verdict = check("pass back", lambda W, delta: W @ delta)
    assert verdict.slip == "shapes"
    assert "delta (" in verdict.text
    assert "transpose missing" in verdict.text


def test_other_mistakes():
    assert check("pass back", lambda W: W).slip == "error"
    assert "pass_back(W, delta)" in check("pass back", lambda W: W).text
    assert check("pass back", lambda W, delta: None).slip == "no answer"
    assert check("pass back", lambda W, delta: "W").slip == "no array"
    assert check("pass back", lambda W, delta: np.zeros(1)).slip == "shape"
    assert check("pass back", lambda W, delta: W.T @ delta + 0.01).slip == "unknown"

    def greedy(W, delta):
        delta *= 2
        return W.T @ delta / 2

    assert check("pass back", greedy).slip == "changed input"


def test_an_array_with_its_inputs():
    delta = np.arange(6.0).reshape(2, 3)
    assert check("bias gradient", delta.mean(axis=1, keepdims=True), delta)
    assert check("bias gradient", delta.sum(axis=1, keepdims=True), delta).slip == "lost 1/m"


def test_what_is_asked_wrongly_is_an_error():
    with pytest.raises(ValueError, match="no exercise 'bias': there are bias gradient"):
        check("bias", np.sum)
    with pytest.raises(ValueError, match=r"check\('pass back', yours, W, delta\)"):
        check("pass back", np.ones((2, 3)))
    with pytest.raises(ValueError, match="inputs of its own"):
        check("pass back", lambda W, delta: W.T @ delta, np.ones((2, 3)))


def test_what_is_right_is_what_nnlib_computes():
    rng = np.random.default_rng(0)
    net = Network([Dense(4, 3, "sigmoid"), Dense(3, 2, "sigmoid")], rng=0, dtype="float64")
    x, y = rng.normal(size=(4, 5)), rng.random((2, 5))
    net.forward(x)
    net.backward(y, input_gradient=True)
    first, last = net.layers
    assert check("output error", last.delta, last.z, y)
    assert check("hidden error", first.delta, last.W, last.delta, first.z)
    assert check("weight gradient", first.dW, first.delta, x)
    assert check("bias gradient", last.db, last.delta)
    assert check("pass back", net.input_gradient, first.W, first.delta)
    memory = Recurrent(4, 3)
    loop = Network([memory, EachStep(), Dense(3, 2, "sigmoid")], rng=0, dtype="float64")
    loop.forward(np.stack([x, x]))
    memory.run_back(np.zeros((2, 3, 5)) + [[[0]], [[1]]], delta := np.empty((2, 3, 5)))
    assert check("step back", delta[0], memory.U, delta[1], memory.h[1])
    soft = Network([Dense(4, 3, "softmax")], "cross_entropy", rng=0, dtype="float64")
    targets = np.eye(3)[:, [0, 2, 1, 0, 2]]
    a = soft.forward(x)
    assert check("softmax", a, soft.layers[0].z)
    assert check("cross-entropy", soft.cost(x, targets), a, targets)
