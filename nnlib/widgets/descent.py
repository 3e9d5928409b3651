"""Walk down a cost: start, learning rate and batch size, on the map of a neuron's two parameters."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from nnlib.costs import Quadratic
from nnlib.layers import Dense
from nnlib.network import Network
from nnlib.optimizers import SGD
from nnlib.plots import INK, INK_MAP, PALETTE, PAPER
from nnlib.training import minibatches
from nnlib.widgets.canvas import CanvasExplorer, contour_lines
from nnlib.widgets.explorer import choice, log_number, number, whole

EXAMPLES = 32
LIMIT = 3.0     # the map shows w and b from -LIMIT to LIMIT
MOST_STEPS = 200
FAR = 1e3       # beyond it the walk counts as diverged
PLACES = {"width_ratios": [1.1, 1], "left": 0.085, "right": 0.98, "bottom": 0.15, "top": 0.9, "wspace": 0.25}
BATCH_SIZES = [("1", 1), ("2", 2), ("4", 4), ("8", 8), ("16", 16), ("all 32", EXAMPLES)]
SURFACES = ["round bowl", "long valley", "two valleys"]


@dataclass(frozen=True)
class Surface:
    """32 examples x, y of shape (1, 32), and the activation of the one neuron that is to fit them.

    lowest: the (w, b) with the lowest cost, floor: that cost. side, heights: the map's grid. levels: the heights of
    its contour lines.
    """

    x: np.ndarray
    y: np.ndarray
    activation: str
    lowest: np.ndarray
    floor: float
    side: np.ndarray
    heights: np.ndarray
    levels: np.ndarray


@cache
def make_surface(name):
    """The surface of this name: what the quadratic cost of one neuron looks like over its weight and its bias."""
    rng = np.random.default_rng(4)
    x = np.linspace(-1.7, 1.7, EXAMPLES)[None]
    activation = "identity"
    if name == "round bowl":
        y = 0.8 * x + 0.4 + rng.normal(0, 0.5, x.shape)
    elif name == "long valley":
        x = 1.6 + 0.4 * x
        y = 0.9 * x - 0.6 + rng.normal(0, 0.5, x.shape)
    else:  # 26 examples rise and six far ones contradict them: a neuron can follow either
        activation = "tanh"
        x = np.concatenate([[-4, -3.5, -3], np.linspace(-1, 1, EXAMPLES - 6), [3, 3.5, 4]])[None]
        y = np.where(np.abs(x) < 2, np.tanh(2 * x), -0.9 * np.sign(x))
    side = np.linspace(-LIMIT, LIMIT, 61)
    grid = np.stack([axis.ravel() for axis in np.meshgrid(side, side)])
    heights = costs_at(grid, x, y, activation)
    lowest = _lowest(grid[:, heights.argmin()], x, y, activation)
    floor = costs_at(lowest[:, None], x, y, activation)[0]
    levels = floor + (heights.max() - floor) * np.linspace(0.02, 1, 14) ** 2
    return Surface(x, y, activation, lowest, floor, side, heights.reshape(len(side), len(side)), levels)


@cache
def _contours(name):
    surface = make_surface(name)
    return contour_lines(surface.side, surface.side, surface.heights, surface.levels)


def _lowest(point, x, y, activation):
    """The lowest point around the lowest one of the map's grid, by ever finer grids: else a walk could end below it."""
    around = np.stack([axis.ravel() for axis in np.meshgrid(np.arange(-10, 11), np.arange(-10, 11))])
    for spacing in 0.1 / 2.0 ** np.arange(14):
        points = point[:, None] + spacing * around
        point = points[:, costs_at(points, x, y, activation).argmin()]
    return point


def costs_at(points, x, y, activation):
    """The quadratic cost of one neuron at k points (w, b), shape (2, k): a layer of k neurons tries them all."""
    net = Network([Dense(1, points.shape[1], activation)], "quadratic", rng=0, dtype="float64")
    net.layers[0].W[:] = points[:1].T
    net.layers[0].b[:] = points[1:].T
    a = net.forward(x)
    return Quadratic().terms(net.layers[0].z, a, y).mean(axis=1)


def walk(surface, start, eta, batch_size, steps, seed=0):
    """The points (w, b) that gradient descent visits, shape (2, steps + 1), or fewer if it diverges.

    surface: a Surface. start: (w, b). batch_size: examples per step, from 1 to 32. seed: of the shuffling.
    """
    net = Network([Dense(1, 1, surface.activation)], "quadratic", rng=0, dtype="float64")
    net.parameters[:] = start
    optimizer, rng = SGD(eta), np.random.default_rng(seed)
    path = [net.parameters.copy()]
    while len(path) <= steps:
        for batch_x, batch_y in minibatches(surface.x, surface.y, batch_size, rng):
            net.forward(batch_x)
            net.backward(batch_y)
            optimizer.step(net.parameters, net.gradient)
            path.append(net.parameters.copy())
            if len(path) > steps or np.abs(net.parameters).max() > FAR:
                return np.array(path).T
    return np.array(path).T


def draw_descent(figure, surface, w, b, eta, batch_size, steps, seed=0):
    """The map with the walk on it, and the cost after each step, in a Figure; returns the read-out.

    surface: a name from SURFACES. w, b: the start. The other arguments are those of walk.
    """
    figure.set_layout_engine("none")
    ground, curve = figure.subplots(1, 2, gridspec_kw=PLACES)
    hill = make_surface(surface)
    path = walk(hill, (w, b), eta, batch_size, steps, seed)
    costs = costs_at(path, hill.x, hill.y, hill.activation)
    ground.imshow(hill.heights, extent=(-LIMIT, LIMIT) * 2, origin="lower", cmap=INK_MAP, alpha=0.35, aspect="auto",
                  vmin=hill.floor, vmax=hill.levels[-3])
    ground.contour(hill.side, hill.side, hill.heights, levels=hill.levels, colors=PALETTE["cost"], linewidths=0.7)
    ground.plot(*hill.lowest, "*", color=PALETTE["y"], markersize=15, markeredgecolor=PAPER, zorder=3)
    ground.plot(*path, ".-", color=PALETTE["delta"], linewidth=1.2, markersize=4)
    ground.plot(w, b, "o", color=INK, markersize=8)
    ground.plot(*path[:, -1], "s", color=PALETTE["delta"], markersize=7, markeredgecolor=PAPER)
    ground.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), xlabel="weight $w$", ylabel="bias $b$",
               title="from ● to ■; lowest ★", xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    ground.grid(visible=False)
    curve.plot(costs, color=PALETTE["cost"], linewidth=1.6)
    curve.axhline(hill.floor, color=PALETTE["y"], linewidth=1, linestyle="--")
    top = _top(costs, hill)
    start = "^" if costs[0] > top else "o"  # above the picture, a triangle at its edge
    curve.plot(0, min(costs[0], top), start, color=INK, markersize=6, clip_on=False, zorder=3)
    curve.set(title="cost of all 32 examples", xlabel="step", xlim=(0, max(steps, 1)), yscale="log")
    curve.set(ylim=(0.8 * hill.floor, top))
    curve.set_yticks([], minor=True)
    curve.set_yticks(_cost_ticks(hill, top), [f"{tick:.2g}" for tick in _cost_ticks(hill, top)])
    return _readout(path, costs, hill, batch_size)


def draw_walk(frame, surface, w, b, eta, batch_size, steps, seed=0):
    """The same on a Frame, for the widget: the start can be dragged."""
    hill = make_surface(surface)
    path = walk(hill, (w, b), eta, batch_size, steps, seed)
    costs = costs_at(path, hill.x, hill.y, hill.activation)
    ground = frame.panel("map", x=(-LIMIT, LIMIT), y=(-LIMIT, LIMIT), width=1.1, title="from ● to ■; lowest ★",
                         xlabel="weight w", ylabel="bias b", xticks=[-2, 0, 2], yticks=[-2, 0, 2], cursor=(w, b),
                         step=(0.1, 0.1))
    ground.heat(hill.heights, hill.floor, hill.levels[-3], colors="ink", opacity=0.35)
    ground.line(*_contours(surface), color="cost", width=0.8)
    ground.points(*hill.lowest, color="y", shape="star", size=7)
    ground.line(*path, color="delta", width=1.3)
    ground.points(*path, color="delta", size=2, edge=None)
    ground.points(w, b, color="ink", size=6)
    ground.points(*path[:, -1], color="delta", shape="square", size=5)

    top, bottom = np.log10([_top(costs, hill), 0.8 * hill.floor])
    curve = frame.panel("cost", x=(0, max(steps, 1)), y=(bottom, top), title="cost of all 32 examples", xlabel="step",
                        yticks={np.log10(tick): f"{tick:.2g}" for tick in _cost_ticks(hill, 10**top)})
    height = np.log10(np.maximum(costs, 1e-300))  # the panel's axis is a log scale
    curve.line([0, max(steps, 1)], np.log10(hill.floor), color="y", width=1, dash=True)
    curve.line(np.arange(len(costs)), height, color="cost")
    curve.points(0, min(height[0], top), color="ink", shape="triangle" if height[0] > top else "circle")
    return _readout(path, costs, hill, batch_size)


def _top(costs, hill):
    """Where the cost axis ends: a walk that diverges leaves the picture."""
    return 1.3 * np.clip(costs.max(), 3 * hill.floor, 100 * hill.floor)


def _cost_ticks(hill, top):
    return [k * hill.floor for k in (1, 2, 5, 10, 30, 100) if k * hill.floor < top]


def _readout(path, costs, hill, batch_size):
    taken = path.shape[1] - 1
    batch = "all 32 examples" if batch_size == EXAMPLES else f"{batch_size} of 32 examples"
    if np.abs(path[:, -1]).max() > FAR:
        return f"Diverged: after {taken} steps with {batch} each, the parameters are beyond {FAR:,.0f}. Lower the rate."
    distance = np.linalg.norm(path[:, -1] - hill.lowest)
    return (f"{taken} steps with {batch} each: from cost {costs[0]:.4f} to {costs[-1]:.4f}, at w = {path[0, -1]:.3f}, "
            f"b = {path[1, -1]:.3f}. The lowest point of the map costs {hill.floor:.4f}, {distance:.3f} away.")


def descent_explorer():
    """The widget: controls for the surface, start, learning rate, batch size, number of steps and shuffling."""

    def advance(steps, **_):
        if steps + 1 == MOST_STEPS:
            explorer.pause()
        return {"steps": (steps + 1) % (MOST_STEPS + 1)}  # from the end it starts again

    def drag(event):
        return None if event["kind"] == "up" else {"w": round(event["x"], 1), "b": round(event["y"], 1)}

    explorer = CanvasExplorer(
        {
            "surface": choice("surface", SURFACES, "long valley"),
            "w": number("start: weight w", -2.0, -LIMIT, LIMIT, step=0.1, places=1),
            "b": number("start: bias b", -1.0, -LIMIT, LIMIT, step=0.1, places=1),
            "eta": log_number("learning rate η", 0.1, -3, 1, step=0.05),
            "batch_size": choice("batch size", BATCH_SIZES, EXAMPLES),
            "steps": whole("steps", 60, 0, MOST_STEPS),
            "seed": whole("shuffling", 0, 0, 9),
        },
        draw_walk,
        "Drag the start. Raise the learning rate until the walk zigzags, then until it leaves the map; then take one "
        "example per step.",
        height=340, label="Map of the cost with the walk on it, described in the text below", advance=advance,
        pointer=drag,
    )
    return explorer
