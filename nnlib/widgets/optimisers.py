"""The race: every optimiser of nnlib from one start, down a ravine, off a saddle, along a banana."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib import rc_context

from nnlib.optimizers import SGD, Adam, Momentum, Nesterov, RMSProp
from nnlib.plots import INK, INK_MAP, PALETTE, PAPER, READABLE
from nnlib.widgets.explorer import Explorer, choice, log_number, number, player

LIMIT = 2.0     # the map shows both parameters from -LIMIT to LIMIT
FAR = 1e3       # beyond it a racer counts as diverged
STEPS = 150
PLACES = {"width_ratios": [1.05, 1], "left": 0.095, "right": 0.97, "bottom": 0.16, "top": 0.9, "wspace": 0.27}
LINES = {"gradient descent": (PALETTE["eta"], "-"), "momentum": (PALETTE["W"], "-"), "Nesterov": (PALETTE["b"], "--"),
         "RMSProp": (PALETTE["y"], "-."), "Adam": (PALETTE["x"], "-")}


@dataclass(frozen=True)
class Surface:
    """A cost of two parameters: cost and gradient take theta (2, k); minima is (2, k)."""

    cost: object
    gradient: object
    minima: np.ndarray


def ravine(degrees=0.0, curvatures=(1.0, 25.0)):
    """1/2 theta^T H theta with the eigenvalues `curvatures`, the floor turned by so many degrees from axis 1."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    axes = np.array([[cos, -sin], [sin, cos]])  # the eigenvectors in its columns
    H = axes @ np.diag(curvatures) @ axes.T
    return Surface(lambda theta: 0.5 * (theta * (H @ theta)).sum(axis=0), lambda theta: H @ theta, np.zeros((2, 1)))


SURFACES = {
    "ravine along an axis": ravine(),
    "ravine, turned": ravine(30),
    "saddle": Surface(lambda t: t[0] ** 4 / 4 - t[0] ** 2 / 2 + t[1] ** 2 / 2 + 0.25,
                      lambda t: np.array([t[0] ** 3 - t[0], t[1]]), np.array([[-1.0, 1.0], [0.0, 0.0]])),
    "banana": Surface(lambda t: 0.5 * (1 - t[0]) ** 2 + 5 * (t[1] - t[0] ** 2) ** 2,
                      lambda t: np.array([t[0] - 1 - 20 * t[0] * (t[1] - t[0] ** 2), 10 * (t[1] - t[0] ** 2)]),
                      np.ones((2, 1))),
}


def racers(eta, eta_adaptive, beta):
    """A new optimiser of each kind by name. beta is momentum's, Nesterov's, and beta1 of Adam."""
    return {"gradient descent": SGD(eta), "momentum": Momentum(eta, beta), "Nesterov": Nesterov(eta, beta),
            "RMSProp": RMSProp(eta_adaptive), "Adam": Adam(eta_adaptive, beta1=beta)}


def walk(surface, optimizer, start, steps):
    """The points an optimiser visits, shape (2, steps + 1), or fewer if it diverges."""
    theta = np.array(start, float)
    path = [theta.copy()]
    for _ in range(steps):
        optimizer.step(theta, surface.gradient(theta))
        path.append(theta.copy())
        if not np.abs(theta).max() < FAR:
            break
    return np.array(path).T


@cache
def heights(name):
    """The map of a surface: its grid's side and the cost on it."""
    side = np.linspace(-LIMIT, LIMIT, 81)
    grid = np.stack([axis.ravel() for axis in np.meshgrid(side, side)])
    return side, SURFACES[name].cost(grid).reshape(len(side), len(side))


@rc_context(READABLE)
def draw_race(figure, surface, eta, eta_adaptive, beta, first, second, steps):
    """The map with all paths on it, and the costs step by step; returns the read-out.

    surface: a name from SURFACES. eta: the learning rate of gradient descent, momentum and Nesterov; eta_adaptive:
    of RMSProp and Adam. first, second: the start. steps: how many to take.
    """
    figure.set_layout_engine("none")  # fixed margins: measuring every label would double the time of a drag
    ground, curve = figure.subplots(1, 2, gridspec_kw=PLACES)
    side, height = heights(surface)
    hill = SURFACES[surface]
    with np.errstate(over="ignore", invalid="ignore"):
        paths = {name: walk(hill, racer, (first, second), steps) for name, racer in
                 racers(eta, eta_adaptive, beta).items()}
        costs = {name: hill.cost(path) for name, path in paths.items()}
    levels = height.max() * np.linspace(0.03, 1, 12) ** 2
    ground.imshow(height, extent=(-LIMIT, LIMIT) * 2, origin="lower", cmap=INK_MAP, alpha=0.3, aspect="auto",
                  vmax=levels[-2])
    ground.contour(side, side, height, levels=levels, colors=PALETTE["cost"], linewidths=0.6, alpha=0.7)
    ground.plot(*hill.minima, "*", color=PALETTE["delta"], markersize=13, markeredgecolor=PAPER, linestyle="none")
    for name, path in paths.items():
        color, line = LINES[name]
        ground.plot(*path, color=color, linestyle=line, linewidth=1.5)
        ground.plot(*path[:, -1], "s", color=color, markersize=6, markeredgecolor=PAPER)
        curve.plot(np.maximum(costs[name], 1e-6), color=color, linestyle=line, linewidth=1.6, label=name)
    ground.plot(first, second, "o", color=INK, markersize=8)
    ground.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), xlabel=r"$\theta_1$", ylabel=r"$\theta_2$",
               xticks=[-2, -1, 0, 1, 2], yticks=[-2, -1, 0, 1, 2], title="● to ■; minima ★")
    ground.grid(visible=False)
    curve.set(title="cost", xlabel="step", yscale="log", xlim=(0, max(steps, 10)), ylim=(1e-6, 1e5))
    curve.set_yticks([1e-6, 1e-4, 1e-2, 1, 100], ["$10^{-6}$", "$10^{-4}$", "0.01", "1", "100"])
    curve.set_yticks([], minor=True)
    curve.legend(loc="upper right", labelspacing=0.2, handlelength=1.4)
    return _readout(hill, paths, costs, steps)


def _readout(surface, paths, costs, steps):
    lost = [name for name, path in paths.items() if not np.abs(path[:, -1]).max() < FAR]
    order = sorted((name for name in paths if name not in lost), key=lambda name: costs[name][-1])
    if steps == 0:
        return f"All five start at cost {costs['Adam'][0]:.4g}. Press play, or move the step."
    words = [f"{name} at cost {costs[name][-1]:.2g}" for name in order]
    gone = f" Diverged: {', '.join(lost)}." if lost else ""
    if not words:
        return f"After {steps} steps all five have diverged. Lower the learning rates."
    away = np.linalg.norm(paths[order[0]][:, -1:] - surface.minima, axis=0).min()
    text = f"After {steps} steps {words[0]} is first, {away:.2g} from the nearest minimum"
    return text + ("; then " + ", ".join(words[1:]) if words[1:] else "") + "." + gone


def race_explorer():
    """Controls for the surface, the learning rates, beta, the start and the step; an Explorer."""
    step = player("steps", STEPS, interval=120)
    step.value = 40
    return Explorer(
        {
            "surface": choice("surface", list(SURFACES), "ravine, turned"),
            "eta": log_number("η: first three", 0.02, -3, 0, step=0.05),
            "eta_adaptive": log_number("η: RMSProp, Adam", 0.1, -3, 0, step=0.05),
            "beta": number("β", 0.8, 0.0, 0.98),
            "first": number("start: θ₁", -1.5, -LIMIT, LIMIT, step=0.05),
            "second": number("start: θ₂", 1.2, -LIMIT, LIMIT, step=0.05),
            "steps": step,
        },
        draw_race,
        "Give each family its best learning rate on the turned ravine; then turn the ravine back and see who gains. "
        "Then start the saddle at θ₁ = 0.",
        size=(7, 4),
    )
