"""Costs: values against definitions, exact far out, and the two roads to the output error."""

import math

import numpy as np
import pytest

from nnlib.activations import ACTIVATIONS, get_activation
from nnlib.costs import COSTS, get_cost

ADMISSIBLE = [(a, c) for c in COSTS for a in ACTIVATIONS if get_cost(c).admits(get_activation(a))]
FUSED = [("identity", "quadratic"), ("sigmoid", "binary_cross_entropy"), ("softmax", "cross_entropy")]


def batch(activation, soft=True):
    rng = np.random.default_rng(5)
    z = rng.normal(0, 1.5, (4, 6))
    y = rng.dirichlet(np.ones(4), 6).T if soft else np.eye(4)[:, rng.integers(0, 4, 6)]
    return z, get_activation(activation)(z), y


def test_which_pairs_are_admissible():
    assert set(ADMISSIBLE) == {(a, "quadratic") for a in ACTIVATIONS} | set(FUSED)


@pytest.mark.parametrize("soft", [True, False])
def test_values_are_the_definitions(soft):
    z, a, y = batch("tanh", soft)
    np.testing.assert_allclose(get_cost("quadratic").values(z, a, y), [np.linalg.norm(d) ** 2 / 2 for d in (a - y).T])
    z, a, y = batch("sigmoid", soft)
    np.testing.assert_allclose(get_cost("binary_cross_entropy").values(z, a, y),
                               -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(axis=0))
    z, a, y = batch("softmax", soft)
    np.testing.assert_allclose(get_cost("cross_entropy").values(z, a, y), -np.einsum("ij,ij->j", y, np.log(a)))


@pytest.mark.parametrize(("activation", "cost"), ADMISSIBLE)
def test_error_is_the_derivative_of_the_cost_in_z(activation, cost):
    z, a, y = batch(activation)
    sigma, cost, h = get_activation(activation), get_cost(cost), 1e-6
    delta = cost.error(sigma, z, a, y)
    for j in range(len(z)):
        step = np.zeros_like(z)
        step[j] = h
        above, below = (cost.values(z + s, sigma(z + s), y) for s in (step, -step))
        np.testing.assert_allclose(delta[j], (above - below) / (2 * h), atol=1e-8)


@pytest.mark.parametrize(("activation", "cost"), ADMISSIBLE)
def test_both_roads_to_the_error_agree(activation, cost):
    """The textbook road (gradient, then activation) against the one the network takes (fused where it can)."""
    z, a, y = batch(activation, soft=False)
    sigma, cost = get_activation(activation), get_cost(cost)
    np.testing.assert_allclose(cost.error(sigma, z, a, y), sigma.backward(cost.gradient(a, y), z, a), atol=1e-13)


@pytest.mark.parametrize(("activation", "cost"), FUSED)
def test_matching_pairs_are_fused(activation, cost):
    z, a, y = batch(activation)
    assert (get_cost(cost).error(get_activation(activation), z, a, y) == a - y).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exact_at_a_thousand(dtype):
    """-ln sigmoid(-1000) is 1000, not inf and not what clipping would make of it."""
    z = np.array([[-1000, 1000, 0]], dtype)
    a = get_activation("sigmoid")(z)
    for y, expected in ((1, [1000, 0, math.log(2)]), (0, [0, 1000, math.log(2)])):
        values = get_cost("binary_cross_entropy").values(z, a, np.full_like(z, y))
        np.testing.assert_allclose(values, expected, rtol=1e-6)
    z = np.array([[1000, 1000], [-1000, 1000], [0, -1000]], dtype)
    a = get_activation("softmax")(z)
    y = np.array([[0, 0], [1, 1], [0, 0]], dtype)
    np.testing.assert_allclose(get_cost("cross_entropy").values(z, a, y), [2000, math.log(2)], rtol=1e-6)
    for cost, sigma in (("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid")):
        assert np.isfinite(get_cost(cost).error(get_activation(sigma), z, get_activation(sigma)(z), y)).all()


def test_inputs_are_not_changed():
    for activation, name in ADMISSIBLE:
        z, a, y = batch(activation)
        copies = z.copy(), a.copy(), y.copy()
        cost = get_cost(name)
        cost.values(z, a, y), cost.gradient(a, y), cost.error(get_activation(activation), z, a, y)
        assert all((array == copy).all() for array, copy in zip((z, a, y), copies, strict=True))


def test_clear_error():
    with pytest.raises(ValueError, match="unknown cost 'mse': expected one of quadratic"):
        get_cost("mse")
