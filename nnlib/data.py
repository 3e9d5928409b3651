"""Data: the handwritten digits of MNIST, a text, toy sets in the plane, and one-hot targets.

Digits and text come from the folder `data` beside this package; data/README.md says where from, and
`python data/build.py` rebuilds them. Every function that draws takes a seed or a numpy.random.Generator.
"""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True)
class Digits:
    """Handwritten digits, 28 x 28 pixels each, split into training and test set.

    x: pixels (784, m), float32 from 0 (paper) to 1 (ink), row after row of the picture.
    y: one-hot targets (10, m), float32. labels: class numbers (m,).
    """

    x_train: np.ndarray
    y_train: np.ndarray
    labels_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    labels_test: np.ndarray


def mnist():
    """All of MNIST (LeCun et al., 1998): 60,000 training and 10,000 test Digits.

    Raises FileNotFoundError or ValueError, saying how to rebuild the file, if it is missing or damaged.
    """
    return _digits(FOLDER / "mnist.npz", 60_000, 10_000)


def mnist_sample():
    """The first 200 training and 50 test images of each digit, interleaved: 2,000 and 500 Digits."""
    return _digits(FOLDER / "mnist_sample.npz", 2_000, 500)


@dataclass(frozen=True)
class Text:
    """A text, and the same as class numbers.

    letters: the text. alphabet: its characters, each once, in order. numbers: the place of every letter in the
    alphabet, (length,).
    """

    letters: str
    alphabet: str
    numbers: np.ndarray

    def encode(self, letters):
        """The class numbers of letters, (length,). Raises ValueError for a character that the alphabet lacks."""
        strange = sorted(set(letters) - set(self.alphabet))
        if strange:
            raise ValueError(f"the text has no character {strange[0]!r}: it has {self.alphabet!r}")
        return np.array([self.alphabet.index(letter) for letter in letters], int)

    def decode(self, numbers):
        """The letters of class numbers (length,), as a string."""
        return "".join(self.alphabet[number] for number in np.ravel(numbers))


def text(name="alice"):
    """Alice's Adventures in Wonderland (Lewis Carroll, 1865) as Text: 141,813 letters, an alphabet of 67.

    Raises FileNotFoundError, saying how to rebuild the file, if it is missing.
    """
    path = FOLDER / f"{name}.txt"
    if not path.is_file():
        raise FileNotFoundError(f"the text {path} is not there. Rebuild it with: python {FOLDER.name}/build.py")
    letters = path.read_text(encoding="utf-8").removesuffix("\n")
    alphabet, numbers = np.unique(list(letters), return_inverse=True)
    return Text(letters, "".join(alphabet), numbers)


def history(name):
    """What a long training recorded (see experiments/): a dict with its recipe and, per seed, its runs.

    Raises FileNotFoundError, saying which names there are, if there is no such history.
    """
    path = FOLDER / "histories" / f"{name}.json"
    if not path.is_file():
        names = ", ".join(sorted(path.stem for path in path.parent.glob("*.json")))
        raise FileNotFoundError(f"no history {name!r}: there are {names or 'none yet'}")
    return json.loads(path.read_text(encoding="utf-8"))


def one_hot(labels, classes=10):
    """Targets (classes, m), float32: column i is 1 in row labels[i] and 0 elsewhere.

    labels: class numbers (m,); or (T, m) for sequences, whose targets are (T, classes, m).
    Raises ValueError if a label is not a whole number from 0 to classes - 1.
    """
    labels = np.asarray(labels)
    if labels.ndim not in (1, 2) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels must be whole numbers of shape (m,) or (T, m), got {labels.dtype} of shape "
                         f"{labels.shape}")
    if labels.size and not (labels.min() >= 0 and labels.max() < classes):
        raise ValueError(f"labels must lie between 0 and {classes - 1}, got {labels.min()} to {labels.max()}")
    rows = np.zeros((*labels.T.shape, classes), np.float32)
    np.put_along_axis(rows, labels.T[..., None], 1, axis=-1)
    return np.moveaxis(rows, 0, -1)


def _digits(path, m_train, m_test):
    how = f"Rebuild it with: python {path.parent.name}/build.py"
    try:
        with open(path, "rb") as stored, np.load(stored, allow_pickle=False) as file:
            arrays = [file[name] for name in ("images_train", "labels_train", "images_test", "labels_test")]
    except FileNotFoundError:
        raise FileNotFoundError(f"the digits {path} are not there. {how}") from None
    except (OSError, EOFError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ValueError(f"the digits {path} are damaged ({error}). {how}") from error
    images_train, labels_train, images_test, labels_test = arrays
    for images, labels, m in ((images_train, labels_train, m_train), (images_test, labels_test, m_test)):
        if images.shape != (m, 28, 28) or labels.shape != (m,) or images.dtype != np.uint8 or labels.max() > 9:
            raise ValueError(f"the digits {path} are damaged (shape {images.shape}). {how}")
    return Digits(
        _pixels(images_train), one_hot(labels_train), labels_train.astype(int),
        _pixels(images_test), one_hot(labels_test), labels_test.astype(int),
    )


def _pixels(images):
    rows = images.reshape(len(images), 784).astype(np.float32)
    rows /= 255
    return rows.T  # each example stays contiguous in memory, which makes mini-batches fast to gather


def adding(T=50, m=100, rng=0):
    """The adding problem, whose answer lies T / 2 steps back and more: x (T, 2, m), y (1, m), float32.

    At each step come a number between 0 and 1 and a mark, which is 1 once in the first half, once in the second,
    and otherwise 0. The target is the sum of the two marked numbers: a constant answer of 1 has the mean squared
    error 1/6, the variance of the sum (Hochreiter & Schmidhuber, 1997; in the form of Le et al., 2015).
    """
    if T < 2:
        raise ValueError(f"the adding problem needs at least 2 steps, got {T}")
    rng = np.random.default_rng(rng)
    x = np.zeros((T, 2, m), np.float32)
    x[:, 0] = rng.random((T, m))
    for start, stop in ((0, T // 2), (T // 2, T)):
        x[rng.integers(start, stop, m), 1, np.arange(m)] = 1
    return x, (x[:, 0] * x[:, 1]).sum(axis=0, keepdims=True)


# Toy sets: x of shape (2, m), y one-hot (2, m), labels (m,); noise is the standard deviation added to x.


@dataclass(frozen=True)
class Points:
    """Labelled points in the plane: x (2, m), y one-hot (classes, m), labels (m,)."""

    x: np.ndarray
    y: np.ndarray
    labels: np.ndarray


def circles(m=200, noise=0.1, rng=0):
    """Class 0 on a disc of radius 0.5, class 1 on a ring of radius 1 around it."""
    rng, labels = _start(m, rng)
    radius = np.where(labels == 0, 0.5 * np.sqrt(rng.random(m)), 1)
    angle = rng.uniform(0, 2 * np.pi, m)
    return _points(radius * np.array([np.cos(angle), np.sin(angle)]), labels, noise, rng)


def xor(m=200, noise=0.1, rng=0):
    """Class 1 where exactly one coordinate is positive: no straight line parts the two."""
    rng, labels = _start(m, rng)
    x = rng.uniform(0.1, 1, (2, m))
    x[0] *= rng.choice([-1, 1], m)
    x[1] *= np.where(labels == 0, 1, -1) * np.sign(x[0])
    return _points(x, labels, noise, rng)


def spirals(m=200, noise=0.05, rng=0):
    """Two arms wound around each other, one and a half turns each."""
    rng, labels = _start(m, rng)
    along = np.sqrt(rng.random(m))
    angle = 3 * np.pi * along + np.pi * labels
    return _points(along * np.array([np.cos(angle), np.sin(angle)]), labels, noise, rng)


def gaussians(m=200, noise=0.3, rng=0):
    """Two clouds around (-0.5, -0.5) and (0.5, 0.5), of standard deviation noise."""
    rng, labels = _start(m, rng)
    return _points(np.where(labels == 0, -0.5, 0.5) * np.ones((2, 1)), labels, noise, rng)


def moons(m=200, noise=0.1, rng=0):
    """Two half circles, each reaching into the other."""
    rng, labels = _start(m, rng)
    angle = rng.uniform(0, np.pi, m)
    upper = np.array([np.cos(angle) - 0.5, np.sin(angle) - 0.25])
    return _points(np.where(labels == 0, upper, -upper), labels, noise, rng)


def ring(m=200, noise=0.05, rng=0):
    """Eight clouds of standard deviation noise, class k around (cos(k pi / 4), sin(k pi / 4)): y is (8, m)."""
    rng, _ = _start(m, rng)
    labels = rng.integers(8, size=m)
    return Points(_RING[:, labels] + rng.normal(0, _spread(noise), (2, m)), one_hot(labels, 8), labels)


def ring_counts(x, noise=0.05):
    """How many of the points x (2, m) lie within three standard deviations of each centre of the ring: (8,)."""
    distances = np.linalg.norm(np.asarray(x)[:, None] - _RING[:, :, None], axis=0)
    return (distances < 3 * noise).sum(axis=1)


_RING = np.array([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)])


def _start(m, rng):
    if m < 2:
        raise ValueError(f"a toy set needs at least 2 points, got {m}")
    return np.random.default_rng(rng), np.arange(m) % 2


def _points(x, labels, noise, rng):
    return Points(x + rng.normal(0, _spread(noise), x.shape), one_hot(labels, 2), labels)


def _spread(noise):
    if not noise >= 0:
        raise ValueError(f"noise must be at least 0, got {noise}")
    return noise
