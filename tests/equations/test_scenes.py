"""The scenes are the independent side of every comparison, so they are checked themselves.

Their imaginary steps against central differences; their activations against SymPy; and then the library
against them: what nnlib computes forward and backward is what the definitions and the steps say.
"""

import numpy as np
import pytest
import sympy

import nnlib
from equations.checking import make_scene
from equations.scenes import FUNCTIONS, SCENES, STEP
from nnlib.activations import Softmax

COST_NAMES = {"quadratic": "quadratic", "bce": "binary_cross_entropy", "ce": "cross_entropy"}


def cost_key(scene):
    return next(((name, None) for name in ("C", "f", "y") if (name, None) in scene.values()), None)


@pytest.mark.parametrize("name", SCENES)
def test_imaginary_steps_agree_with_central_differences(name):
    for draw in range(2):
        scene = make_scene(name, draw)
        output = cost_key(scene)
        if output is None:
            continue
        for key, value in scene.values().items():
            if key == output or value.size > 60:
                continue
            exact = scene.gradient(key, lambda v, output=output: v[output])
            for index in list(np.ndindex(value.shape))[:6]:
                ends = [scene.values(None, (key, index, h))[output] for h in (1e-6, -1e-6)]
                assert exact[index] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=2e-6, abs=2e-8), (key, index)


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_is_the_same_every_time_and_differs_between_draws(name):
    first, again = SCENES[name](0), SCENES[name](0)
    assert first.sizes == again.sizes
    for key, value in first.values().items():
        np.testing.assert_array_equal(value, again.values()[key])
    other = SCENES[name](1).values()
    if first.draws > 1 and first.values():
        assert any(k not in other or other[k].shape != v.shape or not np.array_equal(v, other[k])
                   for k, v in first.values().items())


@pytest.mark.parametrize("name", ["network", "network-ce", "logistic", "layer-batch", "outputs-ce"])
def test_no_two_sizes_are_equal(name):
    for draw in range(3):
        scene = make_scene(name, draw)
        sizes = [size for size_name, size in scene.sizes.items() if size_name not in ("L", "n_{in}", "n_{out}")]
        assert len(set(sizes)) == len(sizes)


def test_activations_and_their_slopes_against_sympy():
    z = sympy.Symbol("z", real=True)
    for name, expression in {"sigmoid": 1 / (1 + sympy.exp(-z)), "tanh": sympy.tanh(z)}.items():
        for at in (-1.3, 0.2, 2.1):
            assert float(FUNCTIONS[name](np.array(at))) == pytest.approx(float(expression.subs(z, at)), rel=1e-12)
            slope = np.imag(FUNCTIONS[name](np.array(at + 1j * STEP))) / STEP
            assert float(slope) == pytest.approx(float(sympy.diff(expression, z).subs(z, at)), rel=1e-12)


def test_the_softmax_derivation_against_sympy():
    z = sympy.symbols("z1:4", real=True)
    total = sum(sympy.exp(v) for v in z)
    s = [sympy.exp(v) / total for v in z]
    for i in range(3):
        for k in range(3):
            claimed = s[i] * ((1 if i == k else 0) - s[k])
            assert sympy.simplify(sympy.diff(s[i], z[k]) - claimed) == 0


def library_network(scene):
    """nnlib's network with the numbers of a scene."""
    values, kinds = scene.values(), scene.kinds_here
    layers = [nnlib.Dense(a, b, kind) for a, b, kind in zip(scene.layers, scene.layers[1:], kinds, strict=False)]
    net = nnlib.Network(layers, cost=COST_NAMES[scene.cost], rng=0, dtype="float64",
                        l2=0.17 if scene.penalty else 0.0)
    for number, layer in enumerate(net.layers, 1):
        layer.W[:], layer.b[:] = values["W", number], values["b", number]
    return net


NETWORKS = ["network", "network-sigmoid", "network-bce", "network-ce", "relu-softmax", "network-penalty"]


@pytest.mark.parametrize("draw", range(3))
@pytest.mark.parametrize("name", NETWORKS)
def test_the_library_computes_what_the_scene_says(name, draw):
    scene = make_scene(name, draw)
    values, net = scene.values(), library_network(scene)
    output = net.forward(values["A", 0])
    np.testing.assert_allclose(output, values["A", scene.depth], rtol=1e-12)
    assert net.cost(values["A", 0], values["Y", None]) == pytest.approx(float(values["C", None]), rel=1e-12)
    net.forward(values["A", 0], training=True)
    net.backward(values["Y", None])
    for number, layer in enumerate(net.layers, 1):
        np.testing.assert_allclose(layer.z, values["Z", number], rtol=1e-12)
        np.testing.assert_allclose(layer.a, values["A", number], rtol=1e-12)
        for key, got in (("W", layer.dW), ("b", layer.db)):
            expected = scene.gradient((key, number), lambda v: v["C", None])
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(layer.delta, scene.derive(("Delta", number), {}), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(("name", "optimiser"), [
    ("gradient-descent", nnlib.SGD(eta=0.31)), ("momentum", nnlib.Momentum(eta=0.31, beta=0.83)),
    ("nesterov", nnlib.Nesterov(eta=0.31, beta=0.83)), ("rmsprop", nnlib.RMSProp(eta=0.31, beta=0.83, epsilon=0.01)),
    ("adam", nnlib.Adam(eta=0.31, beta1=0.9, beta2=0.97, epsilon=0.01)),
])
def test_the_library_steps_as_the_scene_says(name, optimiser):
    scene = make_scene(name)
    values = scene.values()
    theta = values[r"\theta", 0].ravel().copy()
    for t in range(1, scene.last_time + 1):
        optimiser.step(theta, values["g", t].ravel())
        np.testing.assert_allclose(theta, values[r"\theta", t].ravel(), rtol=1e-12)


def test_the_library_s_softmax_jacobian():
    scene = make_scene("softmax")
    s = scene.values()["s", None]
    np.testing.assert_allclose(Softmax().jacobian(s[:, 0]), scene.derive(("J", None), {}), rtol=1e-12)
