"""What the playground is set to, points of the reader's own as a table, and the link that holds it all."""

import base64
import re
from dataclasses import dataclass, fields
from urllib.parse import parse_qsl

import numpy as np

from nnlib import data

SETS = {"circles": data.circles, "xor": data.xor, "spirals": data.spirals, "gaussians": data.gaussians,
        "moons": data.moons}
CHOICES = {
    "data": (*SETS, "own"),
    "activation": ("tanh", "relu", "leaky_relu", "sigmoid", "identity"),
    "initial": ("suited", "xavier", "he", "normal", "zeros"),
    "batch_size": (1, 2, 5, 10, 20, 50, 0),
}
RANGES = {"noise": (0, 0.5), "points": (10, 400), "depth": (0, 6), "width": (1, 8), "eta": (1e-4, 100),
          "seed": (0, 99)}
LIMIT = 1.5         # the plane shown: both coordinates between -LIMIT and LIMIT
MOST_OWN = 200
MOST_STEPS = 1_000_000


class LinkError(ValueError):
    """A link, or a list of points, that cannot be read; the message says why."""


@dataclass(frozen=True)
class Settings:
    """What a run starts from. Two runs with equal settings are equal to the last bit.

    data: a name of SETS, or own for nothing but own points. noise: standard deviation added to the points.
    points: number of training points; as many are drawn for the test. initial: an initialiser of nnlib,
    suited for the one that suits the activation, or zeros. depth: number of hidden layers, of `width` neurons
    each. batch_size: 0 for the whole set. own: further training points (x1, x2, class).

    Raises LinkError for a value that is not allowed.
    """

    data: str = "circles"
    noise: float = 0.1
    points: int = 200
    activation: str = "tanh"
    initial: str = "suited"
    depth: int = 2
    width: int = 4
    eta: float = 0.1
    batch_size: int = 10
    seed: int = 0
    own: tuple = ()

    def __post_init__(self):
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise LinkError(f"{name} must be one of {', '.join(map(str, allowed))}, got {getattr(self, name)}")
        for name, (low, high) in RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise LinkError(f"{name} must lie between {low:g} and {high:g}, got {getattr(self, name)}")
        if len(self.own) > MOST_OWN:
            raise LinkError(f"at most {MOST_OWN} points of your own, got {len(self.own)}")
        for x1, x2, label in self.own:
            if not (abs(x1) <= LIMIT and abs(x2) <= LIMIT):
                raise LinkError(f"the point {x1} {x2} lies outside the plane: from -{LIMIT} to {LIMIT}, please")
            if label not in (0, 1):
                raise LinkError(f"the class of a point is 0 or 1, got {label}")

    @property
    def shapes(self):
        """(inputs, neurons) of each layer: 2 inputs, `depth` layers of `width` neurons, 1 output."""
        sizes = [2, *[self.width] * self.depth, 1]
        return list(zip(sizes, sizes[1:], strict=False))


# ---- points as text, state as link -------------------------------------------------------------------------------


def points_text(own):
    """Own points as a table in text, one per line: x1 x2 class."""
    return "\n".join(f"{x1:g} {x2:g} {label}" for x1, x2, label in own)


def read_points(text):
    """Own points from such a table. Blanks, commas, tabs or semicolons part the numbers.

    Raises LinkError, naming the line, for anything else.
    """
    own = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        parts = re.split(r"[\s,;]+", line.strip().strip(",;"))
        try:
            x1, x2, label = (float(part) for part in parts)
        except ValueError:
            raise LinkError(f"your points, line {number}: expected x1 x2 class, such as 0.5 -0.25 1; "
                            f"got {line.strip()!r}") from None
        if label not in (0, 1):
            raise LinkError(f"your points, line {number}: the class is 0 or 1, got {label:g}")
        if not (abs(x1) <= LIMIT and abs(x2) <= LIMIT):
            raise LinkError(f"your points, line {number}: both coordinates between -{LIMIT} and {LIMIT}, please")
        own.append((round(x1, 3), round(x2, 3), int(label)))
    return tuple(own)


def encode(settings, steps=0, parameters=None):
    """The state as one line of text for a link: settings that are not the usual ones, steps, parameters."""
    usual = Settings()
    parts = []
    for field in fields(Settings):
        value = getattr(settings, field.name)
        if field.name == "own":
            text = "_".join(f"{x1:g},{x2:g},{label}" for x1, x2, label in value)
        else:
            text = f"{value:g}" if isinstance(value, float) else str(value)
        if value != getattr(usual, field.name) or field.name == "data":
            parts.append(f"{field.name}={text}")
    if steps:
        parts.append(f"steps={steps}")
        parts.append("parameters=" + base64.urlsafe_b64encode(parameters.astype("<f4").tobytes()).decode().rstrip("="))
    return "&".join(parts)


def decode(text):
    """(settings, steps, parameters or None) from a link or from the part of it that encode made.

    Raises LinkError, saying what is wrong with it.
    """
    text = text.strip().rpartition("#playground:")[2]
    if not text:
        raise LinkError("this link is empty")
    try:
        given = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
    except ValueError:
        raise LinkError("this is not a link of the playground: expected name=value&name=value...") from None
    kinds = {field.name: field.type for field in fields(Settings)}
    unknown = [name for name in given if name not in {*kinds, "steps", "parameters"}]
    if unknown:
        raise LinkError(f"the playground has no setting {unknown[0]!r}")
    values = {name: _value(name, kinds[name], value) for name, value in given.items() if name in kinds}
    settings = Settings(**values)
    steps = _value("steps", int, given.get("steps", "0"))
    if not 0 <= steps <= MOST_STEPS:
        raise LinkError(f"steps must lie between 0 and {MOST_STEPS}, got {steps}")
    if "parameters" not in given:
        return settings, 0, None
    return settings, steps, _parameters(given["parameters"], sum((n_in + 1) * n_out for n_in, n_out in settings.shapes))


def _value(name, kind, text):
    if name == "own":
        return read_points(text.replace("_", "\n")) if text else ()
    try:
        value = kind(text)
    except ValueError:
        raise LinkError(f"{name} must be a number, got {text!r}") from None
    if kind is float and not np.isfinite(value):
        raise LinkError(f"{name} must be finite, got {text!r}")
    return value


def _parameters(text, size):
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise LinkError("the weights in this link cannot be read: is the end of it missing?") from None
    if len(raw) != 4 * size:
        raise LinkError(f"this link holds {len(raw)} bytes of weights, but its network has {size} weights and biases "
                        "of 4 bytes each: is the end of it missing?")
    parameters = np.frombuffer(raw, "<f4").astype(np.float32)
    if not np.isfinite(parameters).all():
        raise LinkError("this link holds weights that are not finite numbers")
    return parameters
