"""The canvas, Python's half: what is sent is what nnlib computes, and every request is answered once."""

import json

import numpy as np
import pytest

from nnlib.widgets.backprop import FRAMES, backprop_explorer, build, draw_flow
from nnlib.widgets.backprop import POINTS as XOR
from nnlib.widgets.canvas import Canvas, CanvasExplorer, Frame, Panel, contour_lines, nice_ticks
from nnlib.widgets.costs import STEPS, cost_explorer, costs_and_slopes
from nnlib.widgets.descent import EXAMPLES, LIMIT, costs_at, descent_explorer, make_surface, walk
from nnlib.widgets.explorer import number, whole
from nnlib.widgets.neuron import HIGH, LOW, SIDE, make_neuron, neuron_explorer


def marks(panel, kind):
    return [mark for mark in panel.marks if mark["kind"] == kind]


def unpacked(value, name):
    """The marks of a panel as the browser gets them."""
    stores = {"floats": np.frombuffer(value["floats"], np.float32), "bytes": np.frombuffer(value["bytes"], np.uint8)}

    def resolve(item):
        for kind, store in stores.items():
            if isinstance(item, dict) and kind in item:
                return store[slice(*item[kind])]
        return item

    (panel,) = [panel for panel in value["panels"] if panel["name"] == name]
    return [{key: resolve(item) for key, item in mark.items()} for mark in panel["marks"]]


# ---- frames


def test_what_is_packed_is_what_was_drawn():
    frame = Frame(200)
    panel = frame.panel("p", x=(0, 1), y=(0, 1))
    panel.line([0, 0.5, np.nan], [1, 2, 3], color="cost", dash=True)
    panel.heat([[0, 1], [2, 10]], 0, 10, colors="ink")
    panel.points([0.5], [0.25], color=[-1], colors="signed", low=-1, high=1, size=3)
    panel.text(0.5, 0.5, "a^{[1]}", box="delta")
    line, heat, points, text = unpacked(frame.packed(), "p")
    np.testing.assert_array_equal(line["x"], np.float32([0, 0.5, np.nan]))
    np.testing.assert_array_equal(line["y"], np.float32([1, 2, 3]))
    assert (line["color"], line["dash"]) == ("cost", True)
    assert heat["values"].tolist() == [0, 26, 51, 255]
    assert (heat["columns"], heat["extent"]) == (2, [0, 1, 0, 1])
    assert (points["shades"].tolist(), points["size"].tolist()) == ([0], [3])
    assert (text["words"], text["box"]) == ("a^{[1]}", "delta")


def test_all_but_the_arrays_is_json_without_nan():
    frame = Frame()
    frame.panel("p", x=(0, 1), y=(-1, 1), cursor=(0, 0)).line([np.nan], [np.inf])
    value = {key: item for key, item in frame.packed().items() if not isinstance(item, bytes)}
    assert json.loads(json.dumps(value, allow_nan=False)) == value


BAD = [
    (lambda panel: panel.line([0, 1], [0, 1, 2]), "one length"),
    (lambda panel: panel.line([0], [0], color="blue"), "unknown colour 'blue'"),
    (lambda panel: panel.points([0], [0], shape="hexagon"), "unknown shape"),
    (lambda panel: panel.heat([[0]], 0, 1, colors="viridis"), "unknown colour map"),
    (lambda panel: panel.text(np.nan, 0, "lost"), "finite place"),
    (lambda panel: Panel((0, np.inf), (0, 1)), "finite"),
    (lambda panel: Panel((1, 1), (0, 1)), "the first below the second"),
]


@pytest.mark.parametrize(("draw", "words"), BAD, ids=[words for _, words in BAD])
def test_what_cannot_be_drawn_is_said(draw, words):
    with pytest.raises(ValueError, match=words):
        draw(Panel((0, 1), (0, 1)))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 3), (0, 200), (0.2, 0.21), (-1e-6, 5e-6), (-15, 1e5)])
def test_ticks_are_round_few_and_inside(low, high):
    ticks = nice_ticks(low, high)
    assert 2 <= len(ticks) <= 6
    slack = 1e-9 * (high - low)
    assert (ticks >= low - slack).all()
    assert (ticks <= high + slack).all()
    step = ticks[1] - ticks[0]
    assert f"{step:.0e}"[0] in "125"
    np.testing.assert_allclose(ticks / step, np.rint(ticks / step), atol=1e-6)


def test_contour_lines_lie_at_their_level():
    side = np.linspace(-1, 1, 41)
    x, y = contour_lines(side, side, side[None] ** 2 + side[:, None] ** 2, [0.25])
    drawn = np.isfinite(x)
    assert drawn.sum() > 20
    np.testing.assert_allclose(np.hypot(x[drawn], y[drawn]), 0.5, atol=2e-3)
    assert np.isnan(contour_lines(side, side, np.zeros((41, 41)), [1])).all()


# ---- what the widgets draw is what nnlib computes


def test_the_neurons_surface_is_its_activation():
    explorer = neuron_explorer()
    explorer.set(w1=3, w2=-2, b=0.5, activation="tanh")
    heat = unpacked(explorer.picture.value, "plane")[0]
    step = (HIGH - LOW) / SIDE
    for row, column in [(0, 0), (7, 50), (SIDE - 1, 3)]:
        x = LOW + (np.array([[column], [row]]) + 0.5) * step
        a = make_neuron([3, -2], 0.5, "tanh").forward(x)[0, 0]
        assert heat["values"][row * SIDE + column] == round(255 * (a + 1) / 2)


def test_the_walk_on_the_map_is_gradient_descent():
    explorer = descent_explorer()
    explorer.set(surface="two valleys", w=0.5, b=1.0, eta=0.3, steps=30)
    hill = make_surface("two valleys")
    path = walk(hill, (0.5, 1.0), 0.3, EXAMPLES, 30)
    drawn = [mark for mark in unpacked(explorer.picture.value, "map") if mark["kind"] == "line"][1]
    np.testing.assert_array_equal([drawn["x"], drawn["y"]], path.astype(np.float32))
    costs = [mark for mark in unpacked(explorer.picture.value, "cost") if mark["kind"] == "line"][1]["y"]
    np.testing.assert_allclose(10**costs, costs_at(path, hill.x, hill.y, hill.activation), rtol=1e-5)


def test_the_cost_curves_are_the_costs():
    explorer = cost_explorer()
    explorer.set(classes=3, slope="z")
    drawn = [mark for mark in unpacked(explorer.picture.value, "cost") if mark["kind"] == "line"][1:]
    expected = sorted(costs[0] for costs, _ in costs_and_slopes(STEPS, 3, "z"))
    assert sorted(mark["y"][0] for mark in drawn) == pytest.approx(expected)


def test_the_dots_carry_the_error_times_the_weights():
    frame = Frame()
    draw_flow(frame, flow=0.25, trained=50, example=2, step=4)
    net = build("tanh", "quadratic", 50)
    net.forward(XOR.x[:, 1:2])
    net.backward(XOR.y[:, 1:2])
    carried = (net.layers[2].W * net.layers[2].delta).ravel()
    dots = [mark for mark in marks(frame["network"], "points") if mark.get("color") == "delta"]
    area = np.concatenate([mark["size"] for mark in dots]) ** 2
    np.testing.assert_allclose(np.sort(area / area.max()), np.sort(np.abs(carried) / np.abs(carried).max()), rtol=1e-4)
    assert [len(mark["x"]) for mark in dots] == [(carried > 0).sum(), (carried < 0).sum()]
    np.testing.assert_allclose(np.concatenate([mark["x"] for mark in dots]), 2.75)  # a quarter of the way back


@pytest.mark.parametrize("make", [neuron_explorer, descent_explorer, cost_explorer, backprop_explorer])
def test_the_stored_state_is_small(make):
    picture = make().picture
    assert 4 / 3 * sum(len(picture.value[kind]) for kind in ("floats", "bytes")) + len(picture._esm) < 60_000


# ---- requests and answers


class Clock:
    """An explorer whose restart, advance and draw are counted."""

    def __init__(self, **more):
        self.said, self.frames = [], []

        def draw(frame, height, rate):
            frame.panel("p", x=(0, 1), y=(0, 1), cursor=(0.5, height)).points(0.5, height)
            self.said.append(("draw", height))
            return f"At {height:.2f}."

        controls = {"height": number("height", 0.5, 0, 1), "rate": whole("rate", 1, 1, 9)}
        self.explorer = CanvasExplorer(
            controls, draw, "Try.", restart=lambda **values: self.said.append(("restart", values["height"])),
            advance=self.advance, **more)

    def advance(self, rate, **_):
        self.said.append(("advance", rate))

    def ask(self, events=(), advance=True, calm=False):
        """What the browser sends; returns what was done."""
        self.said.clear()
        picture = self.explorer.picture
        picture._requested(picture, {"events": list(events), "advance": advance, "calm": calm,
                                     "after": picture.answered}, [])
        return self.said


def event(kind, x=0.5, y=0.5):
    return {"kind": kind, "panel": "p", "x": x, "y": y}


def test_restart_comes_first_on_reset_and_after_its_controls():
    clock = Clock(restarts=["rate"])
    assert clock.said == [("restart", 0.5), ("draw", 0.5)]
    clock.said.clear()
    clock.explorer.set(height=0.75)
    assert clock.said == [("draw", 0.75)]
    clock.explorer.set(rate=2)
    assert clock.said[1:] == [("restart", 0.75), ("draw", 0.75)]
    clock.said.clear()
    clock.explorer.reset()
    assert clock.said == [("restart", 0.5), ("draw", 0.5)]


def test_a_frame_comes_only_while_the_picture_runs():
    clock = Clock()
    assert clock.ask() == [("draw", 0.5)]
    clock.explorer.start()
    assert clock.ask() == [("advance", 1), ("draw", 0.5)]
    clock.explorer.pause()
    clock.said.clear()
    clock.explorer.step()
    assert clock.said == [("advance", 1), ("draw", 0.5)]


def test_every_request_is_answered_once_and_a_late_one_does_not_advance():
    clock = Clock()
    clock.explorer.start()
    picture, late = clock.explorer.picture, clock.explorer.picture.answered
    clock.ask()
    clock.said.clear()
    picture._requested(picture, {"events": [], "advance": True, "calm": False, "after": late}, [])
    assert clock.said == [("draw", 0.5)]
    assert picture.answered == late + 2


def test_the_pointer_moves_controls_and_all_waiting_events_make_one_picture():
    clock = Clock(pointer=lambda event: {"height": event["y"]} if event["kind"] != "up" else None)
    assert clock.ask([event("down", y=0.1), event("drag", y=0.9), event("up", y=0.3)]) == [("draw", 0.9)]
    assert clock.explorer.readout == "At 0.90."
    clock.ask([event("move", y=7)])
    assert clock.explorer.controls["height"].value == 1  # a slider keeps its range


def test_an_error_is_told_the_picture_stays_and_stops():
    clock = Clock()

    def fail(**_):
        raise RuntimeError("no further")

    clock.explorer.advance = fail
    before = clock.explorer.picture.value
    clock.explorer.start()
    clock.ask()
    assert clock.explorer.readout == "RuntimeError: no further"
    assert "explorer-error" in clock.explorer.message.value
    assert not clock.explorer.running
    assert clock.explorer.picture.value == before
    clock.explorer.reset()
    assert clock.explorer.readout == "At 0.50."


def test_a_frame_can_move_controls_and_be_the_last():
    clock = Clock()

    def last(**_):
        clock.explorer.pause()
        return {"height": 0.25}

    clock.explorer.advance = last
    clock.explorer.start()
    assert clock.ask()[-1] == ("draw", 0.25)
    assert not clock.explorer.running
    assert "aria-live='polite'>At 0.25." in clock.explorer.message.value


def test_where_it_cannot_go_on_it_pauses():
    clock = Clock()

    def stop(**_):
        raise StopIteration

    clock.explorer.advance = stop
    clock.explorer.start()
    clock.ask()
    assert not clock.explorer.running
    assert clock.explorer.readout == "At 0.50."


def test_little_motion_is_by_whole_steps():
    jumps = []
    clock = Clock(jump=lambda **values: jumps.append(values["rate"]))
    clock.explorer.start()
    assert clock.ask(calm=True) == [("draw", 0.5)]
    assert jumps == [1]
    clock.explorer.step()
    assert jumps == [1, 1]


def test_start_is_a_button_that_turns_into_pause():
    clock = Clock()
    start, step, reset = next(child for child in clock.explorer.children if clock.explorer.reset_button in
                              getattr(child, "children", ())).children
    start.value = True
    assert (clock.explorer.running, start.description) == (True, "Pause")
    clock.explorer.reset()
    assert (clock.explorer.running, start.value, start.description) == (False, False, "Start")
    clock.said.clear()
    step.click()
    assert clock.said[0] == ("advance", 1)
    assert reset.description == "Reset"


def test_a_running_picture_is_not_read_aloud():
    clock = Clock()
    assert "aria-live='polite'" in clock.explorer.message.value
    clock.explorer.start()
    clock.explorer.said = -1.0  # as if nothing had been told for long
    clock.ask()
    assert "aria-live='off'" in clock.explorer.message.value
    clock.explorer.pause()
    assert "aria-live='polite'" in clock.explorer.message.value


def test_a_canvas_alone_answers_too():
    canvas = Canvas()
    canvas._requested(canvas, {"events": [], "advance": True, "calm": False, "after": 0}, [])
    assert canvas.answered == 1


# ---- the widgets in motion


def test_the_walk_walks_to_its_end_and_then_again():
    explorer = descent_explorer()
    explorer.set(steps=198)
    explorer.start()
    seen = []
    for _ in range(4):
        explorer._answer([], advance=True, calm=False)
        seen.append((explorer.controls["steps"].value, explorer.running))
    assert seen == [(199, True), (200, False), (0, False), (1, False)]
    explorer._answer([event("drag", 1.234, -9)], advance=False, calm=False)
    assert (explorer.controls["w"].value, explorer.controls["b"].value) == (1.2, -LIMIT)


def test_the_error_flows_from_step_to_step():
    explorer = backprop_explorer()
    explorer.set(step=4)
    still = explorer.picture.value
    explorer.start()
    pictures = []
    for _ in range(FRAMES):
        explorer._answer([], advance=True, calm=False)
        pictures.append(str(explorer.picture.value))
    assert explorer.controls["step"].value == 5
    assert len(set(pictures)) == FRAMES
    explorer.step()
    assert explorer.controls["step"].value == 6
    explorer.set(step=10)
    explorer.step()
    assert explorer.controls["step"].value == 0
    explorer.set(step=4)
    assert explorer.picture.value == still


def test_tiles_are_many_small_heats():
    frame = Frame()
    panel = frame.panel("p", x=(0, 10), y=(0, 10), cursor=(0, 0), keys=False)
    values = np.linspace(-1, 1, 3 * 2 * 5).reshape(3, 2, 5)
    panel.tiles(values, [0, 1, 2], [4, 5, 6], 0.5, 0.25, low=-1, high=1)
    (mark,) = frame["p"].marks
    assert mark["values"].dtype == np.uint8
    assert mark["values"].reshape(3, 2, 5) == pytest.approx((values + 1) * 127.5, abs=0.51)
    assert (mark["columns"], mark["width"], mark["height"]) == (5, 0.5, 0.25)
    assert mark["y"].tolist() == [4, 5, 6]
    assert frame["p"].look["keys"] is False
    with pytest.raises(ValueError, match="3 tiles need as many corners"):
        panel.tiles(values, [0, 1], [4, 5], 1, 1, low=-1, high=1)
