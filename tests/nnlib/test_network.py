"""Network: forward and backward by hand, flat vectors, evaluation in blocks, files, and errors in words."""

import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib import Dense, Dropout, Flatten, Network, network
from nnlib.activations import LeakyReLU, ReLU
from nnlib.data import one_hot


def small(**options):
    return Network([Dense(4, 5, "relu"), Dense(5, 3, "softmax")], **{"cost": "cross_entropy", "rng": 0} | options)


def examples(m=6):
    rng = np.random.default_rng(1)
    return rng.normal(size=(4, m)), one_hot(rng.integers(0, 3, m), 3)


def test_two_layers_by_hand():
    """A network small enough for paper: 2 inputs, 1 hidden identity neuron, 1 output, two examples."""
    net = Network([Dense(2, 1, "identity"), Dense(1, 1, "identity")], cost="quadratic", dtype="float64")
    first, last = net.layers
    first.W[:], first.b[:], last.W[:], last.b[:] = [[1, 2]], 1, 3, -1
    x, y = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[4.0, 14.0]])
    assert net.forward(x).tolist() == [[5, 14]]       # 3 (1 + 1) - 1 and 3 (4 + 1) - 1
    assert net.cost(x, y) == 0.25                     # (1/2 + 0) / 2
    net.backward(y)
    assert last.delta.tolist() == [[1, 0]]
    assert first.delta.tolist() == [[3, 0]]
    assert last.dW.tolist() == [[1]]                  # 1/2 (1 * 2 + 0 * 5)
    assert last.db.tolist() == [[0.5]]
    assert first.dW.tolist() == [[1.5, 0]]            # 1/2 (3 * (1, 0) + 0)
    assert first.db.tolist() == [[1.5]]


def test_parameters_and_gradient_are_one_vector_each():
    net = small()
    assert net.parameters.shape == net.gradient.shape == (5 * 4 + 5 + 3 * 5 + 3,)
    x, y = examples()
    net.forward(x)
    assert net.backward(y) is net.gradient
    for layer in net.layers:
        for view, vector in ((layer.W, net.parameters), (layer.b, net.parameters),
                             (layer.dW, net.gradient), (layer.db, net.gradient)):
            assert np.shares_memory(view, vector)
    net.parameters[:] = np.arange(net.parameters.size)
    assert net.layers[0].W[1, 0] == 4
    assert net.layers[1].b[-1, 0] == net.parameters.size - 1


def test_first_layer_computes_no_input_gradient_unless_asked():
    net = small()
    x, y = examples()
    net.forward(x)
    net.backward(y)
    assert not hasattr(net, "input_gradient")
    net.backward(y, input_gradient=True)
    assert net.input_gradient.shape == x.shape


def test_a_batch_is_the_mean_of_its_examples():
    net = small(dtype="float64")
    x, y = examples()
    net.forward(x)
    whole = net.backward(y).copy()
    each = []
    for i in range(x.shape[1]):
        net.forward(x[:, [i]])
        each.append(net.backward(y[:, [i]]).copy())
    np.testing.assert_allclose(whole, np.mean(each, axis=0), atol=1e-15)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.permutations(range(7)))
def test_order_of_examples_does_not_matter(m, order):
    net = small(dtype="float64")
    x, y = examples(7)
    net.forward(x)
    before = net.backward(y).copy()
    net.forward(x[:, order])
    np.testing.assert_allclose(net.backward(y[:, order]), before, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_everything_has_the_networks_dtype(dtype):
    net = small(dtype=dtype, l2=0.1)
    x, y = examples()
    net.forward(x)
    net.backward(y, input_gradient=True)
    arrays = [net.parameters, net.gradient, net.input_gradient]
    arrays += [array for layer in net.layers for array in (layer.z, layer.a, layer.delta, layer.W, layer.db)]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_evaluation_in_blocks_is_evaluation_at_once(monkeypatch):
    net = small(dtype="float64", l2=0.1)
    x, y = examples(25)
    cost, predicted = net.cost(x, y), net.predict(x)
    monkeypatch.setattr(network, "COLUMNS_AT_ONCE", 4)
    assert net.cost(x, y) == pytest.approx(cost, rel=1e-14)
    assert (net.predict(x) == predicted).all()
    net.forward(x)
    assert net.batch_cost(y) == pytest.approx(cost, rel=1e-14)


def test_penalty_is_half_l2_times_squared_weights_without_biases():
    net = small(l2=0.4, dtype="float64")
    x, y = examples()
    net.layers[0].b[:] = 100
    by_hand = 0.2 * sum((layer.W**2).sum() for layer in net.layers)
    assert net.penalty() == pytest.approx(by_hand)
    plain = small(dtype="float64")
    plain.parameters[:] = net.parameters
    assert net.cost(x, y) == pytest.approx(plain.cost(x, y) + by_hand)


def test_predict_one_output_row_is_a_threshold():
    net = Network([Dense(1, 1, "sigmoid")], dtype="float64")
    net.layers[0].W[:], net.layers[0].b[:] = 1, 0
    assert net.predict([[-1.0, 0.0, 1.0]]).tolist() == [0, 1, 1]


def test_seed_decides():
    assert (small(rng=3).parameters == small(rng=np.random.default_rng(3)).parameters).all()
    assert (small(rng=3).parameters != small(rng=4).parameters).any()


def test_initial_spread():
    n_in, n_out = 400, 600
    relu = Network([Dense(n_in, n_out, "relu"), Dense(n_out, 2, "identity")], rng=0).layers[0]
    tanh = Network([Dense(n_in, n_out, "tanh"), Dense(n_out, 2, "identity")], rng=0).layers[0]
    nielsen = Network([Dense(n_in, n_out, weights="normal", biases="normal")], rng=0).layers[0]
    assert relu.W.std() == pytest.approx(np.sqrt(2 / n_in), rel=0.01)
    assert tanh.W.std() == pytest.approx(np.sqrt(2 / (n_in + n_out)), rel=0.01)
    assert nielsen.W.std() == pytest.approx(1, rel=0.01)
    assert nielsen.b.std() == pytest.approx(1, rel=0.1)
    assert (relu.b == 0).all()
    flat = Network([Dense(3, 4, weights=lambda shape, rng: rng.uniform(-0.5, 0.5, shape))], rng=0).layers[0]
    assert np.abs(flat.W).max() < 0.5
    with pytest.raises(ValueError, match="unknown initializer 'glorot': expected one of he, xavier, normal"):
        Dense(3, 4, weights="glorot")


def test_dropout():
    net = Network([Dense(10, 400, "relu"), Dropout(0.25), Dense(400, 3, "softmax")], "cross_entropy", rng=0)
    x, y = np.ones((10, 50)), one_hot(np.zeros(50, int), 3)
    assert (net.forward(x) == net.forward(x)).all()
    assert (net.forward(x, training=True) != net.forward(x)).any()
    mask = net.layers[1]
    net.forward(x, training=True)
    net.backward(y)
    assert (mask.mask == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert np.unique(mask.mask).tolist() == [0, np.float32(1 / 0.75)]
    assert (net.layers[0].delta[mask.mask == 0] == 0).all()
    with pytest.raises(ValueError, match="0 <= rate < 1, got 1"):
        Dropout(1)


def test_flatten():
    images = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    flatten = Flatten()
    flat = flatten.forward(images)
    assert flat.shape == (24, 5)
    assert (flat[:, 2] == images[..., 2].ravel()).all()
    assert (flatten.backward(flat) == images).all()
    assert flatten.forward(images[..., :0]).shape == (24, 0)


# Files


def test_save_and_load(tmp_path):
    net = Network([Dense(4, 5, "relu"), Dropout(0.2), Dense(5, 3, "softmax")], "cross_entropy", rng=0, l2=0.1)
    path = tmp_path / "net.npz"
    net.save(path)
    again = Network.load(path)
    x, y = examples()
    assert (again.forward(x) == net.forward(x)).all()
    assert again.cost(x, y) == net.cost(x, y)
    assert repr(again) == repr(net)
    assert again.dtype == net.dtype
    assert os.listdir(tmp_path) == ["net.npz"]


def test_a_failing_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "net.npz"
    small().save(path)
    before = path.read_bytes()

    def broken(*_args, **_arrays):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", broken)
    with pytest.raises(OSError, match="disk full"):
        small(rng=1).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["net.npz"]


def test_what_load_would_not_know_is_not_saved(tmp_path):
    class Swish(ReLU):
        name = "swish"

    net = Network([Dense(4, 3, Swish())])
    with pytest.raises(ValueError, match="unknown activation 'swish'"):
        net.save(tmp_path / "net.npz")

    net = Network([Dense(4, 3, LeakyReLU(0.2))])  # a name says nothing of the slope
    with pytest.raises(ValueError, match=r"LeakyReLU\(slope=0.2\) cannot be saved"):
        net.save(tmp_path / "net.npz")
    assert os.listdir(tmp_path) == []


def test_every_truncation_is_noticed(tmp_path):
    path = tmp_path / "net.npz"
    small().save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="is not a network saved by nnlib, or it is damaged"):
            Network.load(path)


LAYER = {"kind": "Dense", "n_in": 4, "n_out": 3, "activation": "relu"}
DESCRIPTION = {"layers": [LAYER], "cost": "quadratic", "l2": 0.0}


@pytest.mark.parametrize(("arrays", "message"), [
    ({"a": np.zeros(3)}, "description"),
    ({"description": "not json", "parameters": np.zeros(15)}, "Expecting value"),
    ({"description": json.dumps({"layers": []}), "parameters": np.zeros(15)}, "cost"),
    ({"description": json.dumps(DESCRIPTION | {"layers": 3}), "parameters": np.zeros(15)}, "not iterable"),
    ({"description": json.dumps(DESCRIPTION), "parameters": np.zeros(14)}, "its layers have 15 parameters"),
    ({"description": json.dumps(DESCRIPTION), "parameters": np.zeros(15, int)}, "dtype must be float32 or float64"),
    ({"description": json.dumps(DESCRIPTION), "parameters": np.full(15, np.nan)}, "not finite"),
    ({"description": json.dumps(DESCRIPTION), "parameters": np.array([{}] * 15)}, "allow_pickle"),
])
def test_foreign_files(tmp_path, arrays, message):
    path = tmp_path / "net.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=message):
        Network.load(path)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        Network.load(tmp_path / "nothing.npz")


def test_text_file(tmp_path):
    path = tmp_path / "net.npz"
    path.write_text("hello")
    with pytest.raises(ValueError, match="is not a network saved by nnlib"):
        Network.load(path)


# Bad input


@pytest.mark.parametrize(("x", "message"), [
    (np.zeros((6, 4)), r"Dense\(4 -> 5\) expects x of shape \(4, m\), got \(6, 4\): are the examples in rows\?"),
    (np.zeros(4), r"got \(4,\): for a single example pass x.reshape\(-1, 1\)"),
    (np.zeros((3, 6)), r"got \(3, 6\)$"),
])
def test_wrong_x(x, message):
    with pytest.raises(ValueError, match=message):
        small().forward(x)


@pytest.mark.parametrize(("y", "message"), [
    (np.zeros(6), r"targets y of shape \(3, 6\) expected, got \(6,\): class numbers\? Use nnlib.data.one_hot"),
    (np.zeros((6, 3)), r"got \(6, 3\): one column per example, so pass y.T"),
    (np.zeros((3, 5)), r"got \(3, 5\)$"),
])
def test_wrong_y(y, message):
    net = small()
    net.forward(examples()[0])
    with pytest.raises(ValueError, match=message):
        net.backward(y)


def test_backward_before_forward():
    with pytest.raises(RuntimeError, match="call forward before backward"):
        small().backward(examples()[1])


def test_different_numbers_of_examples():
    x, y = examples()
    with pytest.raises(ValueError, match=r"x has 6 examples \(columns\), y has 5"):
        small().cost(x, y[:, :5])


def test_no_examples():
    with pytest.raises(ValueError, match="at least one example"):
        small().predict(np.zeros((4, 0)))


@pytest.mark.parametrize(("layers", "options", "message"), [
    ([Dense(4, 5), Dense(6, 3)], {}, r"Dense\(4 -> 5\) does not fit Dense\(6 -> 3\): 5 outputs meet 6 inputs"),
    ([Dense(4, 5), Dropout(0.5), Dense(6, 3)], {}, "5 outputs meet 6 inputs"),
    ([], {}, "needs layers, the last of them Dense"),
    ([Dense(4, 5), Dropout(0.5)], {}, "the last of them Dense"),
    ([Dense(4, 3, "tanh")], {"cost": "binary_cross_entropy"}, "needs a sigmoid output layer, got tanh"),
    ([Dense(4, 3, "sigmoid")], {"cost": "cross_entropy"}, "needs a softmax output layer, got sigmoid"),
    ([Dense(4, 3)], {"dtype": "int32"}, "float32 or float64, got int32"),
    ([Dense(4, 3)], {"l2": -1}, "must be at least 0, got -1"),
    ([Dense(4, 3)], {"l2": np.nan}, "must be at least 0, got nan"),
])
def test_networks_that_make_no_sense(layers, options, message):
    with pytest.raises(ValueError, match=message):
        Network(layers, **options)


@pytest.mark.parametrize("sizes", [(0, 3), (3, -1), (2.5, 3)])
def test_sizes_that_make_no_sense(sizes):
    with pytest.raises(ValueError, match="sizes of at least 1"):
        Dense(*sizes)


@pytest.mark.parametrize("n_out", [1, 10, 60])  # 60 rows are too many for panels
def test_a_large_batch_in_panels_is_the_plain_product(n_out):
    layer = Network([Dense(784, n_out, "identity")], rng=0, dtype="float64").layers[0]
    x = np.random.default_rng(0).normal(size=(1003, 784)).T
    np.testing.assert_allclose(layer.forward(x), layer.W @ x, rtol=1e-9, atol=1e-12)
    delta = np.random.default_rng(1).normal(size=(n_out, 1003))
    grad_a = layer.backward_error(delta)
    np.testing.assert_allclose(layer.dW, delta @ x.T / 1003, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(layer.db, delta.mean(axis=1, keepdims=True), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(grad_a, layer.W.T @ delta, rtol=1e-9, atol=1e-12)


def test_an_error_of_another_precision_is_cast():
    layer = Network([Dense(3, 2, "relu")], rng=0).layers[0]
    layer.forward(np.ones((3, 4), np.float32))
    assert layer.backward(np.ones((2, 4))).dtype == np.float32
    assert layer.delta.dtype == np.float32
