"""Logits in; probabilities, Jacobian and error out."""

import numpy as np

from nnlib.activations import Softmax
from nnlib.costs import CrossEntropy
from nnlib.plots import INK, PALETTE, matrix
from nnlib.widgets.explorer import Explorer, choice, log_number, number

LOGITS = (2.0, 1.0, 0.0, -1.0)


def softmax_at(z, temperature, target):
    """What softmax makes of the logits z (n,) divided by a temperature, and how it answers to a target class.

    target: class number from 0. Returns s (n,), the Jacobian ds/dz (n, n), the cross-entropy, and the error
    dC/dz (n,): with a temperature both derivatives carry a factor 1 / temperature.
    """
    softmax = Softmax()
    scaled = np.asarray(z, float)[:, None] / temperature
    s = softmax(scaled)
    y = np.zeros_like(s)
    y[target] = 1
    cost = CrossEntropy()
    jacobian = softmax.jacobian(s[:, 0]) / temperature
    return s[:, 0], jacobian, cost.values(scaled, s, y)[0], cost.error(softmax, scaled, s, y)[:, 0] / temperature


def draw_softmax(figure, z, temperature=1.0, target=0):
    """Draw logits, probabilities with their target, and the Jacobian side by side; returns the read-out."""
    s, jacobian, cost, error = softmax_at(z, temperature, target)
    classes = range(1, len(s) + 1)
    figure.set_layout_engine("none")  # the places are known: arranging them anew at every move takes time
    left, middle, right = (figure.add_axes((x, 0.16, 0.26, 0.72)) for x in (0.05, 0.38, 0.71))
    left.bar(classes, z, color=PALETTE["z"])
    left.axhline(0, color=INK, linewidth=0.8)
    left.set(title="logits $z$", xlabel="class", xticks=classes, ylim=(-8.4, 8.4), yticks=(-8, -4, 0, 4, 8))
    middle.bar(classes, s, color=PALETTE["x"])
    middle.bar(target + 1, 1, fill=False, edgecolor=PALETTE["y"], linewidth=1.6, linestyle="--")
    middle.text(target + 1, 1.02, "target", ha="center", va="bottom", fontsize=8, color=PALETTE["y"])
    for k, value in enumerate(s):
        inside = k == target and value > 0.85
        middle.text(k + 1, value - 0.02 if inside else value + 0.015, f"{value:.2f}", ha="center", fontsize=8,
                    va="top" if inside else "bottom", color="white" if inside else INK)
    middle.set(title="probabilities $s$", xlabel="class", xticks=classes, ylim=(0, 1.14), yticks=(0, 0.5, 1))
    bound = 0.25 / temperature  # s (1 - s) / T is never larger
    matrix(np.round(jacobian, 2) + 0.0, right, r"Jacobian $\partial s_i / \partial z_k$", low=-bound, high=bound)
    right.set(xticks=range(len(s)), xticklabels=classes, yticks=range(len(s)), yticklabels=classes, xlabel="$k$",
              ylabel="$i$")
    likely = int(s.argmax())
    return (f"Class {likely + 1} is the most likely, at {s[likely]:.3f}; the target, class {target + 1}, gets "
            f"{s[target]:.3f}, which costs {cost:.3f}. "
            f"The error dC/dz is ({', '.join(f'{value:.3f}' for value in error + 0.0)}). "
            f"Raise z_{likely + 1} a little, and s_{likely + 1} rises {jacobian[likely, likely]:.3f} times as much, "
            "while the others together fall by the same.")


def softmax_explorer():
    """Four logits, a temperature and a target: watch bars, Jacobian and error follow."""
    controls = {f"z{k}": number(f"logit z_{k}", value, -8, 8, 0.1, 1) for k, value in enumerate(LOGITS, start=1)}
    controls["temperature"] = log_number("temperature T", 1, -1, 1)
    controls["target"] = choice("target class", [(f"class {k}", k - 1) for k in range(1, 5)], 0)
    return Explorer(
        controls,
        lambda figure, z1, z2, z3, z4, temperature, target: draw_softmax(figure, (z1, z2, z3, z4), temperature, target),
        "Raise all four logits by 1: do the bars move? Pull the temperature to 10, then to 0.1. "
        "Back at 1, raise z_2 to 8: the Jacobian goes pale, and yet the error in the sentence below stays large.",
        size=(8, 3.2),
    )
