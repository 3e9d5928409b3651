"""The playground's network in training, what its neurons make of the plane, and the code that rebuilds it."""

import textwrap
from dataclasses import dataclass, replace

import numpy as np

from nnlib.layers import Dense
from nnlib.network import Network
from nnlib.optimizers import SGD
from nnlib.training import minibatches
from nnlib.widgets.playground_state import LIMIT, SETS

SIDE = 40  # the plane is computed on SIDE x SIDE points, the middles of as many cells
ALONG = ((np.arange(SIDE) + 0.5) / SIDE * 2 - 1) * LIMIT
GRID = np.stack([axis.ravel() for axis in np.meshgrid(ALONG, ALONG)]).astype(np.float32)



def zeros(shape, rng):
    """The initialiser that must not be used: all weights 0."""
    return np.zeros(shape)


def build(settings):
    """The untrained network of the settings: 2 inputs, depth x width hidden neurons, one sigmoid output."""
    weights = {"suited": None, "zeros": zeros}.get(settings.initial, settings.initial)
    names = [settings.activation] * settings.depth + ["sigmoid"]
    layers = [Dense(*shape, name, weights=weights) for shape, name in zip(settings.shapes, names, strict=True)]
    return Network(layers, cost="binary_cross_entropy", rng=settings.seed)


def points_of(settings):
    """(x, labels) for training and (x, labels) for testing: x (2, m), labels (m,)."""
    x, labels = np.empty((2, 0)), np.empty(0, int)
    x_test, labels_test = x, labels
    if settings.data != "own":
        draw = SETS[settings.data]
        train = draw(settings.points, settings.noise, rng=settings.seed)
        test = draw(settings.points, settings.noise, rng=settings.seed + 10_000)
        x, labels, x_test, labels_test = train.x, train.labels, test.x, test.labels
    if settings.own:
        own = np.array(settings.own)
        x, labels = np.hstack([x, own[:, :2].T]), np.concatenate([labels, own[:, 2].astype(int)])
    return x, labels, x_test, labels_test


@dataclass(frozen=True)
class Measured:
    """Where a run stands. Costs and accuracies; nan for a set without points."""

    steps: int
    epochs: float
    cost_train: float
    cost_test: float
    accuracy_train: float
    accuracy_test: float


class Run:
    """A network in training, mini-batch by mini-batch: the steps of nnlib's `train`, one at a time.

    steps, parameters: where to go on from (out of a link); by default at the start.
    """

    def __init__(self, settings, steps=0, parameters=None):
        self.network = build(settings)
        if parameters is not None:
            self.network.parameters[:] = parameters
        self.settings, self.steps = settings, steps
        self.first_step = steps    # where the curves begin
        self.undisturbed = parameters is None
        self._take_points()
        self._wind_on()

    def change(self, settings):
        """Go on with another learning rate or other own points; the network stays as it is."""
        if replace(self.settings, eta=settings.eta, own=settings.own) != settings:
            raise ValueError("only eta and own can change while a run goes on: start a new Run")
        if settings != self.settings and self.steps:
            self.undisturbed = False
        points_changed = settings.own != self.settings.own
        self.settings = settings
        self.optimizer.eta = settings.eta
        if points_changed:
            self._take_points()
            self._wind_on()

    def advance(self, steps=1):
        """Make so many steps of gradient descent, each on one mini-batch."""
        if not self.x.size:
            return
        with np.errstate(over="ignore", invalid="ignore"):  # told in words by whoever measures
            for _ in range(steps):
                x, y = next(self.batches)
                self.network.forward(x, training=True)
                self.optimizer.step(self.network.parameters, self.network.backward(y))
        self.steps += steps

    @property
    def batches_per_epoch(self):
        m = self.x.shape[1]
        return -(-m // (self.settings.batch_size or m)) if m else 1

    def measure(self):
        """Cost and accuracy on both sets, as they are now."""
        scores = []
        with np.errstate(over="ignore", invalid="ignore"):
            for x, y in ((self.x, self.y), (self.x_test, self.y_test)):
                if not x.size:
                    scores.append((np.nan, np.nan))
                    continue
                cost = self.network.cost(x, y)
                right = (self.network.layers[-1].a >= 0.5) == (y == 1)  # at most 600 points: one block
                scores.append((cost, float(right.mean())))
        (cost, share), (cost_test, share_test) = scores
        return Measured(self.steps, self.steps / self.batches_per_epoch, cost, cost_test, share, share_test)

    def surfaces(self):
        """What every neuron makes of the plane: one array (n_l, SIDE, SIDE) per layer, between -1 and 1.

        Row 0 is the lower edge. From one forward pass; a sigmoid's 0 to 1 becomes -1 to 1, and a neuron without
        upper bound is divided by its largest value, if that is above 1. Not finite becomes 0.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            self.network.forward(GRID)
            return [_scaled(layer) for layer in self.network.layers]

    def dead(self):
        """For each hidden layer the number of neurons that give one value, the same for every training point."""
        if not self.x.size:
            return [0] * self.settings.depth
        with np.errstate(over="ignore", invalid="ignore"):
            self.network.forward(self.x)
            return [int((np.ptp(layer.a, axis=1) == 0).sum()) for layer in self.network.layers[:-1]]

    def _take_points(self):
        x, labels, x_test, labels_test = points_of(self.settings)
        dtype = self.network.dtype
        self.labels, self.labels_test = labels, labels_test
        self.x, self.x_test = (np.ascontiguousarray(points.T, dtype).T for points in (x, x_test))
        self.y, self.y_test = (np.asarray(numbers[None], dtype) for numbers in (labels, labels_test))

    def _wind_on(self):
        """Mini-batches from where the run stands: as `train` shuffles them, with the seed of the settings."""
        self.optimizer = SGD(self.settings.eta)
        rng, m = np.random.default_rng(self.settings.seed), self.x.shape[1]
        whole, rest = divmod(self.steps, self.batches_per_epoch)
        if 0 < self.settings.batch_size < m:
            for _ in range(whole):
                rng.permutation(m)
        self.batches = self._batches(rng)
        for _ in range(rest):
            next(self.batches)

    def _batches(self, rng):
        while True:
            yield from minibatches(self.x, self.y, self.settings.batch_size or None, rng)


def _scaled(layer):
    a = layer.a.reshape(-1, SIDE, SIDE)
    if layer.activation.name == "sigmoid":
        return np.nan_to_num(2 * a - 1)
    if layer.activation.name == "tanh":
        return np.nan_to_num(a)
    bound = np.maximum(np.abs(a).max(axis=(1, 2), keepdims=True), 1)
    return np.nan_to_num(a / bound, posinf=0, neginf=0)


def export(run):
    """Python that, executed, gives the same points x, y and the same network `net`, to the last bit."""
    settings = run.settings
    weights = {"suited": "", "zeros": ", weights=zeros"}.get(settings.initial, f", weights={settings.initial!r}")
    names = [settings.activation] * settings.depth + ["sigmoid"]
    lines = ["import numpy as np", "", "from nnlib import SGD, Dense, Network, data, train", "", ""]
    if settings.initial == "zeros":
        lines += ["def zeros(shape, rng):", "    return np.zeros(shape)", "", ""]
    lines += _points_code(settings)
    lines += ["layers = ["]
    lines += [f'    Dense({n_in}, {n_out}, "{name}"{weights}),'
              for (n_in, n_out), name in zip(settings.shapes, names, strict=True)]
    lines += ["]", f'net = Network(layers, cost="binary_cross_entropy", rng={settings.seed})']
    if not run.steps:
        return "\n".join(lines) + "\n"
    lines += _training_code(run)
    numbers = ", ".join(str(number) for number in run.network.parameters)
    lines += [f"net.parameters[:] = [  # after {run.steps} steps",
              textwrap.fill(numbers, 80, initial_indent="    ", subsequent_indent="    ") + ",", "]"]
    return "\n".join(lines) + "\n"


def _points_code(settings):
    lines = []
    if settings.data != "own":
        lines += [f"points = data.{settings.data}({settings.points}, noise={settings.noise:g}, rng={settings.seed})",
                  "x, y = points.x, points.labels[None]"]
    if settings.own:
        table = [f"    [{x1:g}, {x2:g}, {label}]," for x1, x2, label in settings.own]
        lines += ["own = np.array([  # x1, x2, class", *table, "])"]
        lines += (["x, y = own[:, :2].T, own[:, 2:].T"] if settings.data == "own" else
                  ["x, y = np.hstack([x, own[:, :2].T]), np.hstack([y, own[:, 2:].T])"])
    return [*lines, ""] if lines else lines


def _training_code(run):
    epochs, rest = divmod(run.steps, run.batches_per_epoch)
    if not run.undisturbed or rest or not run.x.size:
        return ["# trained with changes on the way, or stopped within an epoch: the parameters say where it led"]
    settings = run.settings
    size = f", batch_size={settings.batch_size}" if settings.batch_size else ""
    return [f"# list(train(net, x, y, SGD(eta={settings.eta:g}), epochs={epochs}{size}, rng={settings.seed}))",
            "# makes these steps again; this is where they led:"]
