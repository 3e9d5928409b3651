"""Training: what a mini-batch holds, what an epoch reports, that it learns, and that it says when it cannot."""

import warnings
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib import SGD, Adam, Dense, DivergenceWarning, Network, accuracy, confusion_matrix, minibatches, train
from nnlib.data import circles, mnist_sample, one_hot


def network(**options):
    return Network([Dense(2, 8, "tanh"), Dense(8, 2, "softmax")], **{"cost": "cross_entropy", "rng": 0} | options)


@settings(deadline=None)
@given(m=st.integers(1, 40), batch_size=st.integers(1, 50), seed=st.integers(0, 10), rows=st.booleans())
def test_each_example_comes_once_with_its_target(m, batch_size, seed, rows):
    x = np.arange(3.0 * m).reshape(m, 3).T if rows else np.arange(3.0 * m).reshape(3, m)
    y = x[:1] * 10
    seen = []
    for batch_x, batch_y in minibatches(x, y, batch_size, seed):
        assert (batch_y == batch_x[:1] * 10).all()
        assert batch_x.shape[1] == batch_size or len(seen) + batch_x.shape[1] == m
        seen += batch_x[0].tolist()
    assert sorted(seen) == sorted(x[0].tolist())


def test_images_keep_their_axes():
    images = np.random.default_rng(0).random((2, 5, 4, 7))
    y = images[0, 0, :1]
    for batch_x, batch_y in minibatches(images, y, 3, 0):
        assert batch_x.shape[:3] == (2, 5, 4)
        assert (batch_x[0, 0, :1] == batch_y).all()


def test_no_batch_size_is_the_whole_set_in_its_order():
    x = np.arange(6.0).reshape(2, 3)
    (batch,) = minibatches(x, x)
    assert batch[0] is x


def test_epoch_cost_is_the_mean_of_costs_before_each_step():
    points = circles(20)
    net, twin = network(dtype="float64"), network(dtype="float64")
    (epoch,) = train(net, points.x, points.y, SGD(0.5), epochs=1, batch_size=8, rng=3)
    costs, optimizer = [], SGD(0.5)
    for x, y in minibatches(points.x, points.y.astype(float), 8, 3):
        costs.append(twin.cost(x, y))
        twin.forward(x)
        optimizer.step(twin.parameters, twin.backward(y))
    assert len(costs) == 3  # 8, 8 and the last, short one of 4
    assert epoch.cost == pytest.approx(np.mean(costs), rel=1e-12)
    np.testing.assert_allclose(net.parameters, twin.parameters, rtol=1e-12)


def test_a_generator_that_can_be_left_early():
    points = circles(20)
    epochs = train(network(), points.x, points.y, SGD(0.5), epochs=1000, batch_size=5, rng=0)
    assert [epoch.number for epoch in islice(epochs, 3)] == [1, 2, 3]


def test_same_seed_same_run_whatever_the_layout():
    points = circles(50)
    nets = [network() for _ in range(2)]
    list(train(nets[0], points.x, points.y, Adam(0.01), 3, 7, rng=1))
    list(train(nets[1], np.asfortranarray(points.x), np.asfortranarray(points.y), Adam(0.01), 3, 7, rng=1))
    assert (nets[0].parameters == nets[1].parameters).all()


def test_it_learns_circles():
    points = circles(200, noise=0.05)
    net = network()
    history = list(train(net, points.x, points.y, Adam(0.02), epochs=100, batch_size=20, rng=0))
    assert history[-1].cost < 0.2 * history[0].cost
    assert accuracy(net, points.x, points.labels) > 0.97


def test_it_learns_real_digits():
    digits = mnist_sample()
    net = Network([Dense(784, 30, "sigmoid"), Dense(30, 10, "sigmoid")], "binary_cross_entropy", rng=0)
    list(train(net, digits.x_train, digits.y_train, SGD(0.5), epochs=10, batch_size=10, rng=0))
    assert accuracy(net, digits.x_test, digits.labels_test) > 0.85


def test_divergence_is_said_in_words_and_history_kept():
    net = Network([Dense(2, 1, "identity")], rng=0)
    x = np.full((2, 4), 100.0)
    with pytest.warns(DivergenceWarning, match=r"the cost became (nan|inf) in epoch \d+ with eta = 10: training"):
        history = list(train(net, x, np.ones((1, 4)), SGD(10), epochs=500))
    assert 1 < len(history) < 500
    assert not np.isfinite(history[-1].cost)
    assert np.isfinite(history[-2].cost)


def test_a_run_that_does_not_diverge_warns_of_nothing():
    points = circles(20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(train(network(), points.x, points.y, SGD(0.1), epochs=2))


@pytest.mark.parametrize(("x", "y", "options", "message"), [
    (np.full((2, 3), np.nan), np.ones((2, 3)), {}, r"x holds values that are not finite \(nan or inf\)"),
    (np.ones((2, 3)), np.full((2, 3), np.inf), {}, "y holds values that are not finite"),
    (np.ones((2, 3)), np.array([[0, 1, 0], [1, 0, 2]]), {}, "entropy expects targets between 0 and 1, got 0 to 2"),
    (np.ones((2, 3)), np.array([[0, -1, 0], [1, 0, 1]]), {}, "targets between 0 and 1, got -1 to 1"),
    (np.ones((2, 0)), np.ones((2, 0)), {}, r"x must have examples in its columns, got an array of shape \(2, 0\)"),
    (np.ones(3), np.ones((2, 3)), {}, "x must have examples in its columns"),
    (np.ones((2, 3)), np.ones((2, 4)), {}, r"x has 3 examples \(columns\), y has 4$"),
    (np.ones((4, 2)), np.ones((2, 4)), {}, "y has 4: are the examples of x in rows\\? Columns are examples here"),
    (np.ones((2, 3)), np.ones((2, 3)), {"epochs": 0}, "epochs must be at least 1, got 0"),
    (np.ones((2, 3)), np.ones((2, 3)), {"batch_size": 0}, "batch_size must be at least 1, got 0"),
    (np.ones((4, 3)), np.ones((2, 3)), {}, r"Dense\(2 -> 8\) expects x of shape \(2, m\), got \(4, 1\)"),
    (np.ones((2, 3)), np.ones((5, 3)), {}, r"targets y of shape \(2, 1\) expected, got \(5, 1\)"),
])
def test_bad_data_is_refused_before_the_first_step(x, y, options, message):
    net = network()
    before = net.parameters.copy()
    with pytest.raises(ValueError, match=message):
        train(net, x, y, SGD(0.1), **{"epochs": 1} | options)
    assert (net.parameters == before).all()


def test_batch_size_zero():
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        list(minibatches(np.ones((2, 3)), np.ones((1, 3)), 0))


def test_accuracy_and_confusion():
    net = Network([Dense(2, 2, "identity")])
    net.layers[0].W[:] = np.eye(2)
    x = one_hot(np.array([0, 0, 1, 1]), 2)
    labels = np.array([0, 1, 1, 1])
    assert accuracy(net, x, labels) == 0.75
    assert confusion_matrix(labels, net.predict(x), 2).tolist() == [[1, 0], [1, 2]]
    with pytest.raises(ValueError, match=r"one class number per example, shape \(4,\), got \(2, 4\)"):
        accuracy(net, x, x)
