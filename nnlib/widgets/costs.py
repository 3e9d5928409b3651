"""Drag a prediction: three costs of one column, and their slopes."""

import numpy as np

from nnlib.activations import Sigmoid, Softmax
from nnlib.costs import BinaryCrossEntropy, CrossEntropy, Quadratic
from nnlib.plots import INK, PALETTE
from nnlib.widgets.canvas import CanvasExplorer
from nnlib.widgets.explorer import choice, number, whole

CURVES = [  # name, cost, output activation, colour, line
    ("quadratic", Quadratic(), Sigmoid(), "x", "--"),
    ("binary cross-entropy", BinaryCrossEntropy(), Sigmoid(), "b", ":"),
    ("cross-entropy", CrossEntropy(), Softmax(), "cost", "-"),
]
SLOPES = [("the weighted input z", "z"), ("the activation a", "a")]
STEPS = np.linspace(0.005, 0.995, 199)
PLACES = {"width_ratios": [0.7, 1.2, 1.2], "left": 0.06, "right": 0.985, "bottom": 0.15, "top": 0.91, "wspace": 0.28}
TALLEST = 5  # where the cost axis ends; a cost above it is marked by a triangle at the edge


def columns(prediction, classes):
    """Predictions (classes, m), row 0 being the true class, and their one-hot targets.

    prediction: what the true class gets in each of the m columns, between 0 and 1; the others share the rest evenly.
    """
    prediction = np.atleast_1d(np.asarray(prediction, float))
    a = np.vstack([prediction, np.repeat((1 - prediction)[None] / (classes - 1), classes - 1, axis=0)])
    y = np.zeros_like(a)
    y[0] = 1
    return a, y


def costs_and_slopes(prediction, classes, slope):
    """For each of CURVES, the cost of every column and its slope in the true class's a or z, both of shape (m,)."""
    a, y = columns(prediction, classes)
    results = []
    for _, cost, activation, _, _ in CURVES:
        z = np.log(a) if isinstance(activation, Softmax) else np.log(a / (1 - a))
        error = cost.error(activation, z, a, y) if slope == "z" else cost.gradient(a, y)
        results.append((cost.values(z, a, y), error[0]))
    return results


def draw_costs(figure, prediction, classes, slope):
    """In a Figure: one column of predictions as bars, the three costs and their slopes against the true class's share.

    prediction: the activation of the true class, between 0 and 1. classes: how many there are, at least 2.
    slope: "z" or "a", in what the slopes are taken. Returns the read-out.
    """
    figure.set_layout_engine("none")
    bars, values, slopes = figure.subplots(1, 3, gridspec_kw=PLACES)
    a, y = columns(prediction, classes)
    rows = np.arange(1, classes + 1)
    bars.barh(rows, a[:, 0], color=PALETTE["x"], height=0.6)
    bars.plot(y[:, 0], rows, linestyle="", marker="D", markersize=7, color=PALETTE["y"], clip_on=False)
    bars.set(title="a and target ◆", xlim=(0, 1), ylim=(classes + 0.6, 0.4), xticks=[0, 0.5, 1], yticks=rows,
             xlabel="activation")
    bars.set_yticklabels(["true", *rows[1:]])
    here = costs_and_slopes(prediction, classes, slope)
    along = costs_and_slopes(STEPS, classes, slope)
    for (name, _, _, color, line), (cost, error), (all_costs, all_slopes) in zip(CURVES, here, along, strict=True):
        above = 2 if line == "-" else 3  # where two curves coincide, the broken line lies on the solid one
        values.plot(STEPS, all_costs, line, color=PALETTE[color], label=name, zorder=above)
        slopes.plot(STEPS, all_slopes, line, color=PALETTE[color], zorder=above)
        off = cost[0] > TALLEST
        dot = {"color": PALETTE[color], "markersize": 8, "zorder": 4}
        values.plot(prediction, min(cost[0], TALLEST), "^" if off else "o", **dot)
        slopes.plot(prediction, error, "o", **dot)
    values.set(title="cost", xlabel="prediction for the true class", ylim=(-0.1, TALLEST + 0.1))
    slopes.set(title=rf"slope $\partial C / \partial {slope}$", xlabel="prediction for the true class")
    if slope == "z":
        slopes.set(ylim=(-1.05, 0.05), yticks=[-1, -0.5, 0])
    else:
        slopes.set_yscale("symlog", linthresh=1)
        slopes.set(ylim=(-220, 0.1), yticks=[-100, -10, -1, 0], yticklabels=["-100", "-10", "-1", "0"])
    for axes in (values, slopes):
        axes.set(xlim=(0, 1), xticks=[0, 0.5, 1])
        axes.axvline(prediction, color=INK, linewidth=0.8)
    values.legend(loc="upper right", fontsize=8, handlelength=1.8)
    return _readout(here, prediction, slope)


def draw_curves(frame, prediction, classes, slope):
    """The same on a Frame, for the widget: the prediction can be dragged along the curves."""
    a, y = columns(prediction, classes)
    rows = np.arange(1, classes + 1)
    bars = frame.panel("bars", x=(-0.12, 1.12), y=(-classes - 0.6, -0.4), width=0.7, title="a and target ◆",
                       xlabel="activation", xticks=[0, 0.5, 1],
                       yticks={-row: "true" if row == 1 else str(row) for row in rows})
    bars.rects(0, -rows - 0.3, a[:, 0], 0.6, color="x")
    bars.points(y[:, 0], -rows, color="y", shape="diamond", size=5)
    here = costs_and_slopes(prediction, classes, slope)
    along = costs_and_slopes(STEPS, classes, slope)
    low, ticks = (-1.05, [-1, -0.5, 0]) if slope == "z" else (_bend(-220), [-100, -10, -1, 0])
    values, slopes = (
        frame.panel(name, x=(0, 1), y=limits, width=1.2, title=title, xlabel="prediction for the true class",
                    xticks=[0, 0.5, 1], yticks=positions, cursor=(prediction, 0), step=(0.01, 0.1))
        for name, limits, title, positions in [
            ("cost", (-0.1, TALLEST + 0.1), "cost", None),
            ("slope", (low, 0.05), f"slope ∂C / ∂{slope}",
             {tick if slope == "z" else float(_bend(tick)): f"{tick:g}" for tick in ticks})])
    for panel in (values, slopes):
        panel.line([prediction, prediction], panel.look["y"], width=1)
    curves = zip(CURVES, here, along, strict=True)
    order = sorted(enumerate(curves), key=lambda item: item[1][0][4] != "-")  # broken lines on top of the solid one
    for place, ((name, _, _, color, line), (cost, error), (all_costs, all_slopes)) in order:
        off = cost[0] > TALLEST
        values.line(STEPS, all_costs, color=color, dash=line != "-")
        values.points(prediction, min(cost[0], TALLEST), color=color, shape="triangle" if off else "circle", size=5)
        values.text(0.99, TALLEST - 0.4 * place - 0.2, name, color=color, align="right", size=11)
        bent = (all_slopes, error) if slope == "z" else (_bend(all_slopes), _bend(error))
        slopes.line(STEPS, bent[0], color=color, dash=line != "-")
        slopes.points(prediction, bent[1], color=color, size=5)
    return _readout(here, prediction, slope)


def _bend(slope):
    """Where a slope goes on the axis: as it is from -1 to 1, then one unit for every power of ten."""
    slope = np.asarray(slope, float)
    return np.where(np.abs(slope) <= 1, slope, np.sign(slope) * (1 + np.log10(np.maximum(np.abs(slope), 1))))


def _readout(here, prediction, slope):
    parts = [f"{name} {cost[0]:.3f} (slope {error[0]:.3f})"
             for (name, *_), (cost, error) in zip(CURVES, here, strict=True)]
    return f"The true class gets {prediction:.2f}. Costs, and slopes in its {slope}: {', '.join(parts)}."


def cost_explorer():
    """The widget: controls for the prediction, the number of classes and the slope."""
    return CanvasExplorer(
        {
            "prediction": number("prediction a", 0.2, 0.01, 0.99),
            "classes": whole("classes", 4, 2, 10),
            "slope": choice("slope in", SLOPES),
        },
        draw_curves,
        "Drag the prediction for the true class from right to left: which slope dies just when the mistake is worst?",
        height=320, label="Three costs and their slopes, described in the text below",
        pointer=lambda event: {"prediction": round(event["x"], 2)},
    )
