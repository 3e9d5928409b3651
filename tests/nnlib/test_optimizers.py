"""Optimisers: three steps each against numbers worked by hand, state, and a property they share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import SGD, Adam, Momentum, Nesterov, RMSProp

ALL = [SGD(0.1), Momentum(0.1), Nesterov(0.1), RMSProp(0.1), Adam(0.1)]

# theta starts at 1, the gradients are 2, 2, -1. eta = 0.1, beta = 0.5 (Adam: beta1 = 0.5, beta2 = 0.75), epsilon = 0.
STEPS = {
    # 1 - 0.2, - 0.2, + 0.1
    SGD: [0.8, 0.6, 0.7],
    # v = 2, 1 + 2 = 3, 1.5 - 1 = 0.5
    Momentum: [0.8, 0.5, 0.45],
    # the same v; steps 2 + 1 = 3, 2 + 1.5 = 3.5, -1 + 0.25 = -0.75
    Nesterov: [0.7, 0.35, 0.425],
    # s = 2, 1 + 2 = 3, 1.5 + 0.5 = 2; steps 2 / sqrt 2, 2 / sqrt 3, -1 / sqrt 2
    RMSProp: [1 - 0.2 / 2**0.5, 1 - 0.2 / 2**0.5 - 0.2 / 3**0.5, 1 - 0.1 / 2**0.5 - 0.2 / 3**0.5],
    # mean = 1, 1.5, 0.25; mean square = 1, 1.75, 1.5625; divided by 1/2, 3/4, 7/8 and by 1/4, 7/16, 37/64:
    # 2 / sqrt 4 = 1, 2 / sqrt 4 = 1, (2/7) / sqrt(100/37)
    Adam: [0.9, 0.8, 0.8 - 0.1 * (2 / 7) / (100 / 37) ** 0.5],
}
OPTIONS = {
    SGD: {}, Momentum: {"beta": 0.5}, Nesterov: {"beta": 0.5}, RMSProp: {"beta": 0.5, "epsilon": 0},
    Adam: {"beta1": 0.5, "beta2": 0.75, "epsilon": 0},
}


@pytest.mark.parametrize("kind", STEPS)
def test_three_steps_by_hand(kind):
    optimizer = kind(eta=0.1, **OPTIONS[kind])
    theta = np.array([1.0])
    for gradient, expected in zip((2.0, 2.0, -1.0), STEPS[kind], strict=True):
        optimizer.step(theta, np.array([gradient]))
        assert theta[0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("kind", [RMSProp, Adam])
def test_epsilon_bounds_the_step(kind):
    """With a gradient far below epsilon the step is about eta g / epsilon, and not eta."""
    optimizer, theta = kind(eta=0.1, epsilon=1.0), np.zeros(1)
    optimizer.step(theta, np.array([1e-6]))
    assert theta[0] == pytest.approx(-0.1 * 1e-6, rel=1e-3)


@pytest.mark.parametrize("kind", STEPS)
@given(eta=st.floats(1e-4, 1e-2), start=st.floats(-3, 3))
def test_every_optimizer_descends_a_bowl(kind, eta, start):
    optimizer, theta = kind(eta=eta), np.array([start])
    for _ in range(20):
        optimizer.step(theta, theta.copy())
    assert abs(theta[0]) <= max(abs(start), 25 * eta)


@pytest.mark.parametrize("kind", STEPS)
def test_in_place_dtype_kept_and_gradient_untouched(kind):
    theta, gradient = np.ones(3, np.float32), np.full(3, 2, np.float32)
    before = theta
    optimizer = kind(eta=0.1)
    optimizer.step(theta, gradient)
    assert theta is before
    assert theta.dtype == np.float32
    assert (theta < 1).all()
    assert (gradient == 2).all()
    state = [value for value in vars(optimizer).values() if isinstance(value, np.ndarray)]
    assert all(array.dtype == np.float32 for array in state)


@pytest.mark.parametrize("kind", STEPS)
def test_one_optimizer_serves_one_network(kind):
    optimizer = kind(eta=0.1)
    optimizer.step(np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match=f"this {kind.__name__} has stepped 3 parameters before, got 4"):
        optimizer.step(np.ones(4), np.ones(4))


@pytest.mark.parametrize(("make", "message"), [
    (lambda: SGD(-1), "learning rate eta must be at least 0"),
    (lambda: SGD(float("nan")), "got nan"),
    (lambda: SGD(float("inf")), "got inf"),
    (lambda: Momentum(0.1, beta=1), "beta must be at least 0 and below 1, got 1"),
    (lambda: Adam(beta2=1.5), "beta2 must be"),
    (lambda: RMSProp(epsilon=-1), "epsilon must be"),
])
def test_settings_that_make_no_sense(make, message):
    with pytest.raises(ValueError, match=message):
        make()
