"""The playground's model: links both ways, a run that is nnlib's training, code that rebuilds the network."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from nnlib import SGD, Dense, Network, accuracy, data, train
from nnlib.widgets.playground_run import GRID, SIDE, Run, export
from nnlib.widgets.playground_state import CHOICES, LinkError, Settings, decode, encode, points_text, read_points

OWN = ((0.5, -0.25, 1), (-1.4, 1.5, 0))


def trained(steps=40, **settings):
    run = Run(Settings(**settings))
    run.advance(steps)
    return run


@pytest.mark.parametrize("batch_size", [10, 7, 0])
def test_a_run_is_the_training_of_nnlib(batch_size, monkeypatch):
    monkeypatch.setitem(CHOICES, "batch_size", (10, 7, 0))  # 7: the last batch of an epoch is short
    settings = Settings(data="spirals", depth=2, width=5, eta=0.3, batch_size=batch_size, seed=4)
    run = Run(settings)
    points, test = data.spirals(200, 0.1, rng=4), data.spirals(200, 0.1, rng=10_004)
    layers = [Dense(2, 5, "tanh"), Dense(5, 5, "tanh"), Dense(5, 1, "sigmoid")]
    twin = Network(layers, cost="binary_cross_entropy", rng=4)
    epochs = list(train(twin, points.x, points.labels[None], SGD(0.3), 3, batch_size or None, rng=4))
    run.advance(3 * run.batches_per_epoch)
    assert len(epochs) == 3
    assert (run.network.parameters == twin.parameters).all()
    measured = run.measure()
    assert measured.cost_test == twin.cost(test.x, test.labels[None])
    assert measured.accuracy_train == accuracy(twin, points.x, points.labels)
    assert measured.epochs == 3


def test_every_neuron_shows_its_own_activation():
    run = trained(activation="sigmoid", depth=3, width=4)
    surfaces = run.surfaces()
    assert [s.shape for s in surfaces] == [(4, SIDE, SIDE)] * 3 + [(1, SIDE, SIDE)]
    run.network.forward(GRID)
    for layer, surface in zip(run.network.layers, surfaces, strict=True):
        assert (surface.reshape(len(surface), -1) + 1) / 2 == pytest.approx(layer.a, abs=1e-6)
    assert (GRID[:, 0] < 0).all()
    assert GRID[1].reshape(SIDE, SIDE)[0, 0] == GRID[1].min()  # row 0 below


@pytest.mark.parametrize("activation", CHOICES["activation"])
def test_surfaces_stay_between_minus_one_and_one(activation):
    run = trained(activation=activation, initial="normal", depth=4, width=8)
    for surface in run.surfaces():
        assert np.abs(surface).max() <= 1


def test_a_link_restores_everything():
    settings = Settings("moons", 0.25, 120, "relu", "he", 3, 7, 0.0321, 5, 17, OWN)
    run = Run(settings)
    run.advance(333)
    text = encode(settings, run.steps, run.network.parameters)
    assert not set(text) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=&,.")
    for link in (text, "https://example.org/chapters/10-playground.html#playground:" + text, f" {text}\n"):
        again, steps, parameters = decode(link)
        assert (again, steps) == (settings, 333)
        assert (parameters == run.network.parameters).all()
    continued = Run(again, steps, parameters)
    for each in (run, continued):  # and it goes on as if nothing had happened
        each.advance(100)
    assert (run.network.parameters == continued.network.parameters).all()


def test_a_link_without_training_is_short():
    assert encode(Settings()) == "data=circles"
    assert decode("data=circles") == (Settings(), 0, None)
    assert decode(encode(Settings(eta=0.5, depth=0)))[0] == Settings(eta=0.5, depth=0)


@pytest.mark.parametrize(("text", "said"), [
    ("", "empty"),
    ("hello", "not a link"),
    ("data=squares", "data must be one of circles"),
    ("data=circles&eta=fast", "eta must be a number"),
    ("data=circles&eta=nan", "eta must be finite"),
    ("data=circles&eta=1000", "eta must lie between"),
    ("data=circles&width=2.5", "width must be a number"),
    ("data=circles&width=9", "width must lie between 1 and 8"),
    ("data=circles&batch_size=3", "batch_size must be one of"),
    ("data=circles&colour=red", "no setting 'colour'"),
    ("data=own&own=0,0", "expected x1 x2 class"),
    ("data=own&own=0,0,2", "class is 0 or 1"),
    ("data=own&own=0,3,1", "between -1.5 and 1.5"),
    ("data=own&own=" + "_".join(["0,0,1"] * 201), "at most 200"),
    ("data=circles&steps=99999999&parameters=AAAA", "steps must lie"),
    ("data=circles&steps=5&parameters=AAAA", "3 bytes of weights, but its network has 37"),
    ("data=circles&steps=5&parameters=***", "cannot be read"),
    ("data=circles&depth=0&steps=5&parameters=AACAfwAAgH8AAIB_", "not finite"),
])
def test_a_bad_link_says_what_is_wrong(text, said):
    with pytest.raises(LinkError, match=said):
        decode(text)


def test_a_link_whose_end_is_missing_is_told():
    text = encode(Settings(), 40, trained().network.parameters)
    for end in range(text.index("parameters=") + 12, len(text)):
        with pytest.raises(LinkError, match="is the end of it missing"):
            decode(text[:end])


def test_points_as_a_table():
    assert read_points(points_text(OWN)) == OWN
    assert read_points("0.5, -0.25; 1\n\n-1.4\t1.5 0\n") == OWN
    for text, said in (("0 0 1\n0 0", "line 2: expected"), ("a b c", "line 1: expected"), ("0 0 5", "class is 0 or 1"),
                       ("0 nan 1", "between"), ("7 0 1", "between")):
        with pytest.raises(LinkError, match=said):
            read_points(text)


def test_own_points_are_learned_too_without_a_new_start():
    run = trained(data="gaussians")
    before = run.network.parameters.copy()
    run.change(replace(run.settings, own=OWN))
    assert (run.network.parameters == before).all()
    assert run.x.shape == (2, 202)
    assert run.x[:, -1] == pytest.approx([-1.4, 1.5])
    assert run.labels[-2:].tolist() == [1, 0]
    run.advance(10)
    with pytest.raises(ValueError, match="start a new Run"):
        run.change(replace(run.settings, width=8))


def test_nothing_but_own_points():
    run = Run(Settings(data="own", own=OWN, batch_size=1, eta=1.0, depth=0))
    run.advance(200)
    measured = run.measure()
    assert measured.accuracy_train == 1
    assert np.isnan(measured.cost_test)
    empty = Run(Settings(data="own"))
    empty.advance(5)
    assert empty.steps == 0
    assert np.isnan(empty.measure().cost_train)
    assert len(empty.surfaces()) == 3


def test_zeros_never_break_the_symmetry_and_dead_neurons_are_counted():
    assert trained(initial="zeros", steps=200).dead() == [4, 4]
    assert trained(activation="tanh", steps=0).dead() == [0, 0]
    run = Run(Settings(activation="relu", depth=1, width=3))
    run.network.layers[0].b[:] = [[-10], [0], [-10]]
    assert run.dead() == [2]


def rebuilt(code):
    names = {}
    exec(compile(code, "<export>", "exec"), names)  # what a reader would do with it
    return names


@pytest.mark.parametrize("settings", [
    {}, {"initial": "zeros", "activation": "sigmoid"}, {"initial": "normal", "depth": 6, "width": 8},
    {"depth": 0, "data": "own", "own": OWN}, {"own": OWN, "data": "moons", "noise": 0.0, "activation": "leaky_relu"},
    {"data": "own"},
])
@pytest.mark.parametrize("steps", [0, 40, 47])
def test_exported_code_rebuilds_points_and_network(settings, steps):
    run = trained(steps=steps, **settings)
    code = export(run)
    assert max(map(len, code.splitlines())) <= 110
    names = rebuilt(code)
    assert (names["net"].parameters == run.network.parameters).all()
    assert repr(names["net"]) == repr(run.network)
    assert [repr(layer.activation) for layer in names["net"].layers] == [
        repr(layer.activation) for layer in run.network.layers]
    if run.x.size:
        assert names["x"].astype(np.float32) == pytest.approx(run.x)
        assert (names["y"] == run.y).all()
        assert names["net"].cost(names["x"], names["y"]) == pytest.approx(run.measure().cost_train, rel=1e-5)


def test_the_training_line_of_the_export_is_true():
    code = export(trained(steps=40, eta=0.7))
    retrained, _, _ = code.partition("net.parameters")
    names = rebuilt(retrained.replace("# list(train", "list(train"))
    assert (names["net"].parameters == rebuilt(code)["net"].parameters).all()
    run = trained(steps=40)
    run.change(replace(run.settings, eta=1.0))
    run.advance(20)
    assert "list(train" not in export(run)


def test_all_choices_and_extremes_run():
    for name, activation, initial in itertools.product(CHOICES["data"], CHOICES["activation"], CHOICES["initial"]):
        run = trained(5, data=name, activation=activation, initial=initial, own=OWN, depth=6, width=8, eta=1e-4)
        assert np.isfinite(run.measure().cost_train)
    for batch_size, points in itertools.product(CHOICES["batch_size"], (10, 400)):
        run = trained(45, batch_size=batch_size, points=points, width=1)
        assert run.measure().steps == 45


def test_divergence_leaves_pictures_finite():
    run = trained(300, activation="identity", initial="normal", eta=100.0, depth=6, width=8)
    assert not np.isfinite(run.measure().cost_train)
    assert all(np.isfinite(surface).all() for surface in run.surfaces())
