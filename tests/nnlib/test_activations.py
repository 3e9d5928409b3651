"""Activations: values against their definitions, derivatives against central differences, extremes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlib.activations import ACTIVATIONS, LeakyReLU, Softmax, get_activation

ELEMENTWISE = [name for name in ACTIVATIONS if name != "softmax"]
DEFINITIONS = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
    "relu": lambda z: np.where(z > 0, z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=0),
}
columns = arrays(np.float64, (5, 3), elements=st.floats(-1000, 1000))


@pytest.fixture
def z():
    return np.random.default_rng(3).normal(0, 2, (4, 6))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_is_the_definition(name, z):
    np.testing.assert_allclose(get_activation(name)(z), DEFINITIONS[name](z), rtol=1e-13)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivative_is_the_slope(name, z):
    activation, h = get_activation(name), 1e-6
    slope = (activation(z + h) - activation(z - h)) / (2 * h)
    np.testing.assert_allclose(activation.derivative(z, activation(z)), slope, atol=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_backward_is_the_transposed_jacobian(name, z):
    activation, h = get_activation(name), 1e-6
    grad_a = np.random.default_rng(4).normal(size=z.shape)
    delta = activation.backward(grad_a, z, activation(z))
    for j, i in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[j, i] = h
        change = (activation(z + step) - activation(z - step)) / (2 * h)
        assert delta[j, i] == pytest.approx((grad_a * change).sum(), abs=1e-7)


def test_softmax_jacobian_of_one_column_and_of_a_batch(z):
    softmax, h = Softmax(), 1e-6
    jacobian = softmax.jacobian(softmax(z))
    assert jacobian.shape == (4, 4, 6)
    for k in range(4):
        step = np.zeros_like(z)
        step[k] = h
        np.testing.assert_allclose(jacobian[:, k], (softmax(z + step) - softmax(z - step)) / (2 * h), atol=1e-8)
    np.testing.assert_allclose(softmax.jacobian(softmax(z)[:, 2]), jacobian[..., 2])


@given(columns)
def test_softmax_is_a_distribution_that_a_shift_does_not_change(z):
    softmax = Softmax()
    np.testing.assert_allclose(softmax(z).sum(axis=0), 1, rtol=1e-12)
    np.testing.assert_allclose(softmax(z + 7.0), softmax(z), rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_finite_without_warning_at_a_thousand_and_dtype_kept(name, dtype):
    activation = get_activation(name)
    z = np.array([[-1000, 1000], [1000, -1000], [0, 0]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        a = activation(z)
        delta = activation.backward(np.ones_like(z), z, a)
    assert np.isfinite(a).all()
    assert np.isfinite(delta).all()
    assert a.dtype == delta.dtype == dtype


def test_sigmoid_at_a_thousand_is_exact():
    assert get_activation("sigmoid")(np.array([-1000.0, 0.0, 1000.0])).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_neither_z_nor_grad_a_is_changed(name, z):
    grad_a = np.full_like(z, 2)
    before = z.copy()
    activation = get_activation(name)
    a = activation(z)
    kept = a.copy()
    activation.backward(grad_a, z, a)
    assert (z == before).all()
    assert (a == kept).all()
    assert (grad_a == 2).all()


def test_relu_derivative_at_zero_is_zero():
    zero = np.zeros((2, 1))
    relu = get_activation("relu")
    assert (relu.derivative(zero, zero) == 0).all()
    assert (relu.backward(np.ones((2, 1)), zero, zero) == 0).all()


def test_clear_errors():
    with pytest.raises(ValueError, match="unknown activation 'sigmod': expected one of identity, sigmoid"):
        get_activation("sigmod")
    with pytest.raises(ValueError, match="0 <= slope < 1, got 2"):
        LeakyReLU(2)
    with pytest.raises(TypeError, match="no elementwise derivative"):
        Softmax().derivative(np.ones((2, 1)), np.ones((2, 1)))


def test_an_object_is_accepted_where_a_name_is():
    leaky = LeakyReLU(0.2)
    assert get_activation(leaky) is leaky
