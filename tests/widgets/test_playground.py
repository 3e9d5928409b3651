"""The playground: every control, button, click and link moves it, and what it says is what nnlib computes."""

import itertools
import re

import numpy as np
import pytest

from nnlib import SGD, Dense, Network, accuracy, data, train
from nnlib.widgets.canvas import Frame
from nnlib.widgets.playground import SETTINGS, draw_network, playground
from nnlib.widgets.playground_run import Run
from nnlib.widgets.playground_state import LinkError, Settings, decode


@pytest.fixture
def widget():
    return playground()


def train_a_frame(widget):
    widget.refresh(lambda: widget.advance(**widget.values))


def shown(widget):
    return widget.picture.value, widget.curves.value, widget.readout


def numbers(widget):
    """Epoch, step, cost and share on training points, cost and share on test points, as the read-out says."""
    pattern = (r"Epoch ([\d.]+), step (\d+): cost ([\d.]+) on \d+ training points, ([\d.]+) on \d+ test points; "
               r"([\d.]+)% and ([\d.]+)% right")
    epoch, step, cost, cost_test, share, share_test = re.match(pattern, widget.readout).groups()
    return float(epoch), int(step), float(cost), float(share), float(cost_test), float(share_test)


def test_what_it_says_is_what_train_gives(widget):
    widget.set(data="moons", noise=0.2, depth=1, width=5, eta=0.2, seed=3)
    for _ in range(3):
        train_a_frame(widget)
    points, test = data.moons(200, 0.2, rng=3), data.moons(200, 0.2, rng=10_003)
    net = Network([Dense(2, 5, "tanh"), Dense(5, 1, "sigmoid")], cost="binary_cross_entropy", rng=3)
    list(train(net, points.x, points.labels[None], SGD(0.2), 3, 10, rng=3))
    assert (widget.run.network.parameters == net.parameters).all()
    expected = [3, 60]
    for each in (points, test):
        expected += [net.cost(each.x, each.labels[None]), 100 * accuracy(net, each.x, each.labels)]
    assert numbers(widget) == pytest.approx(expected, abs=0.051)
    assert numbers(widget)[2::2] == pytest.approx(expected[2::2], abs=6e-4)


@pytest.mark.parametrize(("name", "value"), [
    ("data", "spirals"), ("activation", "relu"), ("depth", 0), ("width", 8), ("initial", "normal"), ("batch_size", 1),
    ("noise", 0.4), ("points", 50), ("seed", 7)])
def test_a_setting_begins_a_new_run(widget, name, value):
    for _ in range(2):
        train_a_frame(widget)
    before = shown(widget)
    widget.controls[name].value = value
    assert shown(widget) != before
    assert widget.run.steps == 0
    assert getattr(widget.run.settings, name) == value
    assert len(widget.history) == 1


def test_the_learning_rate_changes_on_the_way(widget):
    train_a_frame(widget)
    network = widget.run.network
    widget.controls["eta"].value = 1.0
    assert (widget.run.network is network, widget.run.steps, widget.run.optimizer.eta) == (True, 20, 1.0)


def test_start_pause_step_restart_reset(widget):
    first = shown(widget)
    widget.start()
    assert widget.running
    train_a_frame(widget)
    widget.step()
    assert (widget.running, widget.run.steps) == (False, 21)
    widget.controls["eta"].value = 0.5
    widget.restart_run()
    assert widget.run.steps == 0
    assert widget.values["eta"] == 0.5
    assert shown(widget)[2] == first[2]
    widget.set(own="0 0 1", depth=5)
    train_a_frame(widget)
    widget.reset()
    assert shown(widget) == first
    assert widget.values["own"] == ""


def test_clicks_place_points_and_undo_and_clear_take_them_away(widget):
    train_a_frame(widget)
    network = widget.run.network
    answer = widget.picture.on_request
    answer([{"kind": "down", "panel": "plane", "x": 0.5, "y": -0.25},
            {"kind": "up", "panel": "plane", "x": 0.5, "y": -0.25}], False, False)
    widget.controls["brush"].value = 0
    answer([{"kind": "move", "panel": "plane", "x": -1, "y": 1}], False, False)
    answer([{"kind": "press", "panel": "plane", "x": -1, "y": 1}], False, False)
    assert widget.run.settings.own == ((0.5, -0.25, 1), (-1, 1, 0))
    assert widget.run.x.shape == (2, 202)
    assert "on 202 training points" in widget.readout
    assert widget.run.network is network
    widget.undo()
    assert widget.run.settings.own == ((0.5, -0.25, 1),)
    widget.set(own="0.1 0.2 1\n0.3 0.4 0\n0.5 0.6 1")
    assert widget.run.x.shape == (2, 203)
    widget.clear()
    assert widget.run.settings.own == ()
    widget.undo()  # nothing left: nothing happens
    assert widget.run.x.shape == (2, 200)


def test_a_line_that_is_no_point_is_told_and_nothing_is_lost(widget):
    widget.set(own="0.1 0.2 1")
    picture, network = widget.picture.value, widget.run.network
    widget.controls["own"].value = "0.1 0.2 1\n0.3 0.4"
    assert "line 2: expected x1 x2 class" in widget.readout
    assert widget.picture.value == picture
    widget.controls["own"].value = "0.1 0.2 1\n0.3 0.4 0"
    assert widget.run.settings.own == ((0.1, 0.2, 1), (0.3, 0.4, 0))
    assert widget.run.network is network


def test_a_neuron_clicked_is_shown_large(widget):
    third = {"x": 1.5 * 400 / 4, "y": 276 * 3 / 8}  # of four in the second column of four
    widget.picture.on_request([{"kind": "down", "panel": "network", **third}], False, False)
    assert widget.values["shown"] == (0, 2)
    frame = Frame()
    surfaces = widget.run.surfaces()
    draw_network(frame, widget.run, surfaces, (0, 2), (0, 0))
    large = next(mark for mark in frame["plane"].marks if mark["kind"] == "heat")
    assert large["values"].reshape(40, 40) == pytest.approx((surfaces[0][2] + 1) * 127.5, abs=0.51)
    widget.controls["depth"].value = 1
    assert widget.values["shown"] in {value for _, value in widget.controls["shown"].options}


def test_lines_are_the_weights():
    run = Run(Settings(depth=1, width=2))
    run.network.layers[0].W[:] = [[2, -1], [0.5, 0]]
    frame = Frame()
    draw_network(frame, run, run.surfaces(), "output", (0, 0))
    lines = [mark for mark in frame["network"].marks if mark["kind"] == "segments"]
    drawn = sorted((mark["color"], bool(np.all(mark["dash"])), round(float(width), 2))
                   for mark in lines[:2] for width in mark["width"])
    assert drawn == [("W", True, 2.0), ("x", False, 1.2), ("x", False, 3.6)]


def test_a_link_brings_everything_back(widget):
    widget.set(data="xor", activation="relu", depth=3, width=6, eta=0.0316, own="0.5 0.5 1")
    for _ in range(4):
        train_a_frame(widget)
    other = playground()
    other.restore_link("https://example.org/10-playground.html#playground:" + widget.link.text)
    assert other.run.settings == widget.run.settings
    assert (other.run.network.parameters == widget.run.network.parameters).all()
    assert other.readout == widget.readout
    assert "Opened, at step 80" in other.link.message
    for each in (widget, other):
        train_a_frame(each)
    assert other.readout == widget.readout
    assert playground(widget.link.text).readout == widget.readout


def test_a_link_may_bring_any_learning_rate(widget):
    slider = widget.controls["eta"]
    shown = []
    slider.observe(lambda change: shown.append(change["new"]), "value")
    assert {0.0001, 0.03, 0.3, 3, 30, 100} <= set(dict(slider.options).values())
    for eta, label in ((0.0123, "0.0123"), (0.3, "0.3"), (77.5, "77.5"), (0.1, "0.1")):
        widget.restore_link(f"#playground:data=circles&eta={eta}")
        assert (slider.value, slider.label, widget.run.settings.eta) == (eta, label, eta)
        rates = list(dict(slider.options).values())
        assert rates == sorted(set(rates))
        assert not widget.quiet
    widget.reset()
    assert slider.value == Settings().eta


def test_a_link_from_the_browser_arrives(widget):
    widget.link._handle_custom_msg({"open": "data=moons&depth=1"}, [])
    assert widget.run.settings == Settings(data="moons", depth=1)


def test_a_bad_link_is_told_and_changes_nothing(widget):
    train_a_frame(widget)
    before = shown(widget)
    widget.restore_link("data=circles&eta=fast")
    assert widget.link.message == "This link cannot be opened: eta must be a number, got 'fast'."
    assert shown(widget) == before
    with pytest.raises(LinkError, match="hidden"):
        playground("hidden=3")


def test_every_setting_has_its_control(widget):
    assert set(SETTINGS) <= set(widget.controls)
    settings = Settings("moons", 0.25, 120, "relu", "he", 3, 7, 0.1, 5, 17, ((0.5, -0.25, 1),))
    other = playground()
    other.restore_link("#playground:" + decode_link(settings))
    assert other.run.settings == settings


def decode_link(settings):
    from nnlib.widgets.playground_state import encode

    text = encode(settings)
    assert decode(text)[0] == settings
    return text


def test_copied_code_rebuilds_the_network(widget):
    widget.set(data="spirals", depth=2, width=8, own="0.5 0.5 1")
    for _ in range(3):
        train_a_frame(widget)
    names = {}
    exec(widget.code.text, names)
    assert (names["net"].parameters == widget.run.network.parameters).all()
    assert names["net"].cost(names["x"], names["y"]) == pytest.approx(widget.run.measure().cost_train, rel=1e-5)


def test_divergence_is_said_in_words_and_stops(widget):
    widget.set(activation="identity", eta=100.0, depth=6, width=8)
    widget.start()
    for _ in range(40):
        if not widget.running:
            break
        widget.picture.on_request([], True, False)
    assert not widget.running
    assert "diverged" in widget.readout
    assert "learning rate 100" in widget.readout
    widget.controls["eta"].value = 0.01
    widget.restart_run()
    train_a_frame(widget)
    assert numbers(widget)[1] == 20


def test_dead_neurons_and_worse_than_guessing_are_said(widget):
    widget.set(activation="relu", depth=4, width=8, eta=10.0)
    for _ in range(20):
        train_a_frame(widget)
    assert "say the same of every point" in widget.readout
    widget.set(activation="tanh", eta=100.0)
    train_a_frame(widget)
    assert "worse than guessing" in widget.readout


def test_no_points_at_all(widget):
    widget.set(data="own")
    train_a_frame(widget)
    assert widget.readout.startswith("There are no points")
    widget.set(own="0 0 1\n1 1 0")
    train_a_frame(widget)
    assert "on 2 training points; " in widget.readout


def test_little_motion_takes_longer_strides(widget):
    widget.start()
    widget.picture.on_request([], True, True)
    assert widget.run.steps == 200


def test_extremes(widget):
    sliders = {name: (control.min, control.max) for name, control in widget.controls.items()
               if name in ("noise", "points", "depth", "width", "seed")}
    for values in itertools.product(*sliders.values()):
        widget.set(**dict(zip(sliders, values, strict=True)), own="0 0 1")
        train_a_frame(widget)
        assert numbers(widget)[1] == 20
    for name in ("data", "activation", "initial", "batch_size", "speed", "brush"):
        for option in widget.controls[name].options:
            widget.controls[name].value = option[1] if isinstance(option, tuple) else option
            train_a_frame(widget)
            assert np.isfinite(widget.run.measure().cost_train)
    for eta in (1e-4, 100.0):
        widget.set(eta=eta)
        train_a_frame(widget)
        assert widget.readout.startswith("Epoch")
