"""The trainings of chapter 16: 784-10-10 with wrong gradients, three seeds each.

Those with right ones, and the same recipe, are in whole_network.py. PARTS take equation 19 apart, on fewer images.

    python experiments/wrong_gradients.py            all of them, about 25 minutes; writes data/histories/wrong-*
    python experiments/wrong_gradients.py wrong-19 wrong-bias        some

The first seed's networks of the recipes named in KEPT are stored too, in data/networks/, for their pictures.
"""

import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from nnlib import Dense, Network, accuracy, data
from nnlib.widgets.slips import STARTS, ErrorOfTheNextLayer, SlipNetwork, build

NETWORKS = Path(__file__).resolve().parent.parent / "data" / "networks"
SEEDS = [0, 1, 2]
JUDGED = 2000  # training images on which gradients are compared
RIGHT = {"slip": None, "start": "uniform", "hidden": 10, "examples": 41_000, "eta": 0.1, "steps": 500, "every": 10}
PARTS = RIGHT | {"examples": 3000}
RECIPES = {
    "wrong-19": RIGHT | {"slip": "equation 19"},
    "wrong-bias": RIGHT | {"slip": "bias over everything"},
    "wrong-19-he": RIGHT | {"slip": "equation 19", "start": "He"},
    "wrong-part-right": PARTS,
    "wrong-part-weights": PARTS | {"slip": ["weights", False]},
    "wrong-part-identity-mask": PARTS | {"slip": ["identity", True]},
    "wrong-part-identity": PARTS | {"slip": ["identity", False]},
    "wrong-part-permutation": PARTS | {"slip": ["permutation", False]},
    "wrong-part-random": PARTS | {"slip": ["random", True]},
    "wrong-part-single": PARTS | {"hidden": 0},
    "wrong-part-right-faster": PARTS | {"eta": 0.15},
    "wrong-part-right-longer": PARTS | {"steps": 2000, "every": 100},
    "wrong-part-19-longer": PARTS | {"slip": "equation 19", "steps": 2000, "every": 100},
    "wrong-part-right-he-uniform": PARTS | {"start": ["He", "uniform"]},
    "wrong-part-right-uniform-he": PARTS | {"start": ["uniform", "He"]},
    "wrong-part-19-he-uniform": PARTS | {"slip": "equation 19", "start": ["He", "uniform"]},
    "wrong-part-19-uniform-he": PARTS | {"slip": "equation 19", "start": ["uniform", "He"]},
}
PRINTED = {  # the slips that are equations, as the notes print them, and the scene of equations/ that judges them
    "16": [r"\frac{\partial C}{\partial b^{[2]}_j} = \frac1m \sum_{i=1}^{m} \sum_{j=1}^{n_2} \Delta^{[2]}_{ji}",
           "relu-softmax"],
    "19": [r"\frac{\partial C}{\partial W^{[1]}} = \frac1m \Delta^{[2]} X^{\mathsf T}", "relu-softmax"],
    "20": [r"\frac{\partial C}{\partial b^{[1]}} = \frac1m \sum_{j=1}^{n_1} \sum_{i=1}^{m} \Delta^{[1]}_{ji}",
           "relu-softmax"],
    "bias from W A": [r"\frac{\partial C}{\partial b^{[l]}} = W^{[l]} A^{[l-1]}", "network-bce"],
    "lost 1/m": [r"\frac{\partial C}{\partial W^{[l]}} = \Delta^{[l]} (A^{[l-1]})^{\mathsf T}", "network-bce"],
    "a (1 - a)": [r"\Delta^{[L]} = \nabla_{A^{[L]}} \mathcal L \odot A^{[L]} \odot (1 - A^{[L]})", "network"],
    "flat bias": [r"b^{[1]} \in \mathbb{R}^{1 \times n_1}", "relu-softmax"],
    "a bias per example": [r"b \in \mathbb{R}^{n_1 \times m}", "layer-batch"],
    "factor 2": [r"\frac{\partial C^{(i)}}{\partial a^{(i)}} = 2 (a^{(i)} - y^{(i)})", "outputs-quadratic"],
}
KEPT = ["wrong-part-right", "wrong-part-identity"]


class PassedBack(ErrorOfTheNextLayer):
    """A hidden ReLU layer whose dW comes from F delta, delta being the error of the next layer.

    way: "weights" (F = W^T of the next layer: what is right), "identity" (what equation 19 prints),
    "permutation" or "random" (drawn once, uniform like the first weights). masked: whether the ReLU's
    derivative is applied, as is right. seed: of the permutation or the random numbers.
    """

    def __init__(self, n_in, n_out, way, masked, seed, **start):
        super().__init__(n_in, n_out, "relu", **start)
        rng = np.random.default_rng([16, seed])
        self.masked = masked
        self.F = {"weights": None, "identity": np.eye(n_out), "permutation": np.eye(n_out)[rng.permutation(n_out)],
                  "random": rng.uniform(-0.5, 0.5, (n_out, n_out))}[way]

    def backward_error(self, delta, input_gradient=True):
        grad = super().backward_error(delta, input_gradient)
        F = self.following.W.T if self.F is None else self.F.astype(delta.dtype)
        passed = F @ self.following.delta
        if self.masked:
            passed *= self.z > 0
        np.matmul(passed / delta.shape[1], self.a_previous.T, out=self.dW)
        return grad


def network_of(slip, start, hidden, seed):
    """The network of a recipe. slip: a name of nnlib.widgets.slips, [way, masked] of PassedBack, or None."""
    if not hidden:
        return Network([Dense(784, 10, "softmax", **STARTS[start])], "cross_entropy", rng=seed)
    if not isinstance(slip, list):
        return build(slip, hidden=hidden, start=start, rng=seed)
    layers = [PassedBack(784, hidden, *slip, seed, **STARTS[start]), Dense(hidden, 10, "softmax", **STARTS[start])]
    return SlipNetwork(layers, "cross_entropy", rng=seed)


def cosine(one, other):
    """The cosine of the angle between two arrays of one shape; nan if one of them is 0."""
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.vdot(one, other)) / lengths if lengths else float("nan")


def against_the_right_one(network, twin, x, y):
    """Cosines between a network's gradient and the right one: of the first layer's dW, and of everything.

    twin: a network of the same sizes without a slip; it gets the same parameters.
    """
    twin.parameters[:] = network.parameters
    for one in (network, twin):
        one.forward(x)
        one.backward(y)
    return cosine(network.layers[0].dW, twin.layers[0].dW), cosine(network.gradient, twin.gradient)


def run(seed, slip, start, hidden, examples, eta, steps, every, digits=None, keep=None):
    """Train on the whole batch; returns cost, test accuracy and cosines, before the first step and every few.

    examples: how many training images, from the first. every: steps between two entries of the history.
    digits: nnlib.data.mnist() unless given. keep: where to save the trained network (without its slip).
    """
    digits = digits or data.mnist()
    network, twin = network_of(slip, start, hidden, seed), network_of(None, start, hidden, seed)
    rows = np.ascontiguousarray(digits.x_train.T[:examples])  # each image contiguous, as train() has it
    x, y = rows.T, digits.y_train[:, :examples]
    history = {"cost": [], "accuracy": [], "cosine_dW1": [], "cosine": []}
    for step in tqdm(range(steps + 1), desc=f"{slip}, {start}, {examples} images, seed {seed}"):
        if step % every == 0:
            history["accuracy"].append(accuracy(network, digits.x_test, digits.labels_test))
            of_first, of_all = against_the_right_one(network, twin, x[:, :JUDGED], y[:, :JUDGED])
            history["cosine_dW1"].append(round(of_first, 4))
            history["cosine"].append(round(of_all, 4))
            network.forward(x)
            history["cost"].append(round(network.batch_cost(y), 6))
        if step < steps:
            network.forward(x)
            network.backward(y)
            network.parameters -= np.float32(eta) * network.gradient
    if keep:
        plain = Network([Dense(784, hidden, "relu"), Dense(hidden, 10, "softmax")], "cross_entropy")
        plain.parameters[:] = network.parameters
        NETWORKS.mkdir(exist_ok=True)
        plain.save(keep)
    return history


def verdicts(_, **printed):
    """What the reader of equations says of each: {"verdicts": {name: message}}; "" would mean that it is true."""
    from equations.checking import check

    return {"verdicts": {name: check(latex, scene).message for name, (latex, scene) in printed.items()}}


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    from common import record

    mnist = data.mnist()
    for name in sys.argv[1:] or [*RECIPES, "wrong-equations"]:
        if name == "wrong-equations":
            record(name, PRINTED, [0], verdicts)
            continue

        def once(seed, name=name, **recipe):
            keep = NETWORKS / f"{name}.npz" if name in KEPT and seed == SEEDS[0] else None
            return run(seed, digits=mnist, keep=keep, **recipe)

        record(name, RECIPES[name], SEEDS, once)
