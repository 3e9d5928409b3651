"""A slip beside the right gradient: the accuracy that hides it, and the check that does not (chapter 16)."""

from functools import cache

import numpy as np

from nnlib import data
from nnlib.gradients import check_gradient
from nnlib.plots import INK, MUTED, PALETTE, PAPER
from nnlib.widgets.explorer import Explorer, choice, log_number
from nnlib.widgets.slips import SLIPS, build

STEPS, EVERY = 150, 5
CHECKED = 20  # examples in a gradient check; fewer if the batch is smaller
LOWEST = 1e-12  # where the bars of the check begin
STACKED = {"height_ratios": [1.7, 1], "left": 0.1, "right": 0.99, "bottom": 0.1, "top": 0.95, "hspace": 0.38}


@cache
def small_digits(shuffled=True):
    """The extract's digits, 7 x 7 pixels each (means of 4 x 4): x, y, test x, test labels.

    Shuffled, because the extract is in the order 0, 1, ..., 9, 0, 1, ..., and then an example's place in
    its batch gives its digit away. Shapes (49, 2000), (10, 2000), (49, 500), (500,).
    """
    digits, rng = data.mnist_sample(), np.random.default_rng(0)
    train, test = (rng.permutation(m) if shuffled else np.arange(m) for m in (2000, 500))
    return (pool(digits.x_train)[:, train], digits.y_train[:, train],
            pool(digits.x_test)[:, test], digits.labels_test[test])


def pool(x):
    """Digits (784, m) at a quarter of their width and height: the means of 4 x 4 pixels, (49, m)."""
    return x.reshape(7, 4, 7, 4, -1).mean(axis=(1, 3)).reshape(49, -1)


def cost_of(slip):
    """The cost of the networks in which this slip can be shown."""
    return "quadratic" if slip in SLIPS and SLIPS[slip].cost else "cross_entropy"


def accuracies(slip, hidden=10, activation="relu", start="uniform", eta=0.5, batch_size=100, seed=0,
               cost="cross_entropy", steps=STEPS, every=EVERY, shuffled=True):
    """Train 49-hidden-10 on the small digits; the test accuracy before the first step and every few.

    The batches are the same for every slip: the examples in their order, over and over. A flat bias fits
    one size only, so it gets the test digits in batches too. Raises ValueError if a slip's shapes do not fit.
    """
    x, y, x_test, labels = small_digits(shuffled)
    network = build(slip, 49, hidden, activation, start, seed, cost, "float64")
    at_once = batch_size if slip == "flat bias" else len(labels)
    blocks = [slice(i, i + at_once) for i in range(0, len(labels), at_once)]
    history = []
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(steps + 1):
            if step % every == 0:
                answers = [network.forward(x_test[:, block]).argmax(axis=0) for block in blocks]
                history.append(float((np.concatenate(answers) == labels).mean()))
            batch = np.arange(step * batch_size, (step + 1) * batch_size) % x.shape[1]
            network.forward(x[:, batch])
            network.parameters -= eta * network.backward(y[:, batch])
    return history


def check(slip, hidden=10, activation="relu", start="uniform", m=CHECKED, cost="cross_entropy"):
    """check_gradient at the first parameters, on m of the small digits. Raises ValueError as above."""
    x, y, _, _ = small_digits()
    return check_gradient(build(slip, 49, hidden, activation, start, 0, cost), x[:, :m], y[:, :m])


def draw_pair(figure, curves, errors, every=EVERY, stacked=False):
    """Accuracy curves, and beside them (or below) the bars of the gradient checks: the figure of this chapter.

    curves: {label: accuracies, or a list of runs}; errors: {label: relative error}; the first label is right.
    Returns the two Axes.
    """
    if stacked:
        left, right = figure.subplots(2, 1, gridspec_kw=STACKED)
    else:
        left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
    styles = dict(zip(curves, zip([PALETTE[role] for role in ("x", "delta", "W")], ["-", "--", ":"], strict=True),
                      strict=False))
    for label, runs in curves.items():
        color, line = styles[label]
        for number, run in enumerate(np.atleast_2d(runs)):
            left.plot(every * np.arange(len(run)), 100 * run, line, color=color, linewidth=1.8,
                      label=None if number else label)
    left.set(xlabel="step", ylabel="test accuracy in %", ylim=(0, 100), title="what you watch")
    left.legend(loc="lower right")
    places = np.arange(len(errors))[::-1]
    sizes = np.maximum(list(errors.values()), LOWEST)
    right.barh(places, sizes - LOWEST, left=LOWEST, color=[styles[label][0] for label in errors], height=0.4)
    for place, (label, error) in zip(places, errors.items(), strict=True):
        right.text(1.5 * LOWEST, place + 0.34, f"{label}: {error:.0e}" if error < 0.01 else f"{label}: {error:.1f}",
                   fontsize=10, color=INK, va="center", bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1})
    right.axvline(1e-7, color=MUTED, linestyle=":", linewidth=1.5, zorder=0.5)
    right.set(xscale="log", xlim=(LOWEST, 30), ylim=(-0.4, len(errors) - 0.4), yticks=[],
              xticks=[1e-12, 1e-9, 1e-6, 1e-3, 1], xlabel="relative error of the gradient check",
              title="what you should watch")
    right.minorticks_off()
    right.grid(visible=False, axis="y")
    return left, right


cached_accuracies, cached_check = cache(accuracies), cache(check)


def wrong_gradients_explorer():
    """The widget: a slip and the settings it is trained with; curves, checks, and where NumPy refuses."""

    def draw(figure, slip, hidden, batch_size, activation, start, eta):
        cost, m = cost_of(slip), min(CHECKED, batch_size)
        settings = (hidden, activation, start)
        right = cached_accuracies(None, *settings, eta, batch_size, cost=cost)
        right_error = cached_check(None, *settings, m, cost).max_relative_error
        try:
            wrong = cached_accuracies(slip, *settings, eta, batch_size, cost=cost)
            report = cached_check(slip, *settings, m, cost)
        except ValueError as error:
            left, _ = draw_pair(figure, {"right": right}, {"right": right_error}, stacked=True)
            left.text(0.5, 0.5, "the slip: NumPy refuses", transform=left.transAxes, ha="center",
                      fontsize=12, color=PALETTE["delta"], fontweight="bold")
            return f"With these sizes the slip is loud, it stops at the first step: {error}"
        worst = report.comparisons[0]
        draw_pair(figure, {"right": right, slip: wrong}, {"right": right_error, slip: worst.relative_error},
                  stacked=True)
        verdict = (f"the check accuses {worst.where}: backward {worst.backward:.3g}, difference {worst.difference:.3g}"
                   if worst.relative_error > 1e-6 else "and the check passes it: here it changes nothing")
        return (f"After {STEPS} steps: {right[-1]:.1%} of the test digits with the right gradient, {wrong[-1]:.1%} "
                f"with the slip. Relative error: {right_error:.0e} right, {worst.relative_error:.2g} with the slip; "
                f"{verdict}.")

    controls = {
        "slip": choice("slip", list(SLIPS), "equation 19"),
        "hidden": choice("hidden neurons", [10, 12], 10),
        "batch_size": choice("batch size", [10, 20, 100], 100),
        "activation": choice("hidden activation", ["relu", "tanh", "sigmoid"]),
        "start": choice("start", ["uniform", "He"]),
        "eta": log_number("learning rate", 0.5, -2, 1),
    }
    return Explorer(controls, draw, size=(6, 5.2), caption=(
        "Every move trains two networks of 49, 10 and 10 neurons on small digits, one right, one with the slip, and "
        "checks both gradients. Find slips that accuracy cannot see; then 12 hidden neurons, or batches of 20."))
