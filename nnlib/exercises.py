"""Exercises that check themselves, and name the slip: missing transpose, lost 1/m, wrong axis, wrong sign.

    from nnlib.exercises import check
    check("bias gradient", my_function)

tries a reader's function on random batches whose sizes are all different, compares with what is right, and says
in a sentence or two what it sees. A slip is recognised by making it: the wrong answers that people give are
computed from the same numbers and compared with theirs. `import nnlib` does not import this module.
"""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlib.activations import Sigmoid, Softmax

sigmoid, softmax = Sigmoid(), Softmax()
TRIALS = 3


def slope(z):
    """sigma'(z) of the sigmoid."""
    return sigmoid(z) * (1 - sigmoid(z))


@dataclass(frozen=True)
class Exercise:
    """A function to write.

    signature: how it is called. right: what it should do. draw: (n, n_previous, m, rng) -> its arguments by name.
    slips: wrong answers of its own, {a key of SAYS: a function of the same arguments}; the slips of every
        exercise (transpose, factors, signs, shapes) are looked for besides.
    """

    signature: str
    right: Callable
    draw: Callable
    slips: dict


@dataclass(frozen=True)
class Verdict:
    """What check found: whether the answer is right, the slip's name ("" if right), and a sentence or two.

    It is shown as its text, in lines of at most 76 characters.
    """

    right: bool
    slip: str
    text: str

    def __bool__(self):
        return self.right

    def __repr__(self):
        return textwrap.fill(self.text, 76)


SAYS = {
    "missing transpose": "Your answer is the transpose of the right one.",
    "wrong sign": "The sign is wrong: your answer is minus the right one.",
    "lost 1/m": "The 1/m is lost: you add up the {m} examples where their mean is wanted.",
    "1/m too many": "There is a 1/m too many: this is a sum over examples, or each column stands alone.",
    "factor 2": "Your answer is 2 times the right one: the half of the quadratic cost cancels the 2 of the square.",
    "factor 1/2": "Your answer is half the right one.",
    "wrong shape": "The numbers are right, but their shape is {shape} and not {right} (keepdims=True keeps an axis).",
    "sum over the wrong axis": "The sum runs over the wrong axis: axis 0 holds the neurons, axis 1 the examples.",
    "mean over the wrong axis": "The mean is over the wrong axis: axis 0 holds the neurons, axis 1 the examples.",
    "sum over everything": "The sum runs over everything: without an axis NumPy adds up neurons and examples alike.",
    "mean over everything": "The mean is over everything: that divides by neurons times examples, not by examples.",
    "one per example": "This is one number per example; their mean is wanted.",
    "product of sums": "The sum over the examples comes too early: a product of sums is no sum of products.",
    "divided by the neurons": "You divide by the number of neurons; the mean is over the {m} examples.",
    "forgotten derivative": "The derivative of the activation is forgotten: multiply by it, entry by entry.",
    "value for derivative": "You multiply by sigma, where its derivative is wanted.",
    "derivative at a": "The derivative is taken at a; it is sigma'(z), or in terms of a: a (1 - a).",
    "weights not transposed": "U is not transposed. It is square, so the wrong product fits, too.",
    "the sigmoid's slope": "h (1 - h) is the slope of the sigmoid; that of tanh is 1 - h * h.",
    "slope at h": "The slope is taken at h; h is tanh(z) already, so it is 1 - h * h.",
    "z for a": "There is a z where the activation a is wanted.",
    "forgotten sum": "The exponentials are right, but nothing divides them by their sum.",
}


def _delta(n, n_previous, m, rng):
    return {"delta": rng.normal(size=(n, m))}


EXERCISES = {
    "bias gradient": Exercise(
        "bias_gradient(delta)", lambda delta: delta.mean(axis=1, keepdims=True), _delta,
        {"sum over the wrong axis": lambda delta: delta.sum(axis=0) / delta.shape[1],
         "mean over the wrong axis": lambda delta: delta.mean(axis=0),
         "sum over everything": lambda delta: delta.sum() / delta.shape[1],
         "mean over everything": lambda delta: delta.mean(),
         "divided by the neurons": lambda delta: delta.sum(axis=1, keepdims=True) / len(delta)}),
    "weight gradient": Exercise(
        "weight_gradient(delta, a_previous)", lambda delta, a_previous: delta @ a_previous.T / delta.shape[1],
        lambda n, n_previous, m, rng: {**_delta(n, n_previous, m, rng), "a_previous": rng.normal(size=(n_previous, m))},
        {"product of sums": lambda delta, a: np.outer(delta.sum(axis=1), a.sum(axis=1)) / delta.shape[1],
         "divided by the neurons": lambda delta, a: delta @ a.T / len(delta)}),
    "pass back": Exercise(
        "pass_back(W, delta)", lambda W, delta: W.T @ delta,
        lambda n, n_previous, m, rng: {"W": rng.normal(size=(n, n_previous)), **_delta(n, n_previous, m, rng)}, {}),
    "hidden error": Exercise(
        "hidden_error(W, delta, z)", lambda W, delta, z: (W.T @ delta) * slope(z),
        lambda n, n_previous, m, rng: {"W": rng.normal(size=(n, n_previous)), **_delta(n, n_previous, m, rng),
                                       "z": rng.normal(size=(n_previous, m))},
        {"forgotten derivative": lambda W, delta, z: W.T @ delta,
         "value for derivative": lambda W, delta, z: (W.T @ delta) * sigmoid(z),
         "derivative at a": lambda W, delta, z: (W.T @ delta) * slope(sigmoid(z)),
         "z for a": lambda W, delta, z: (W.T @ delta) * z * (1 - z)}),
    "output error": Exercise(
        "output_error(z, y)", lambda z, y: (sigmoid(z) - y) * slope(z),
        lambda n, n_previous, m, rng: {"z": rng.normal(size=(n, m)), "y": rng.random((n, m))},
        {"forgotten derivative": lambda z, y: sigmoid(z) - y,
         "value for derivative": lambda z, y: (sigmoid(z) - y) * sigmoid(z),
         "derivative at a": lambda z, y: (sigmoid(z) - y) * slope(sigmoid(z)),
         "z for a": lambda z, y: (z - y) * slope(z)}),
    "step back": Exercise(
        "step_back(U, delta, h)", lambda U, delta, h: (U.T @ delta) * (1 - h * h),
        lambda n, n_previous, m, rng: {"U": rng.normal(size=(n, n)), **_delta(n, n_previous, m, rng),
                                       "h": np.tanh(rng.normal(size=(n, m)))},
        {"weights not transposed": lambda U, delta, h: (U @ delta) * (1 - h * h),
         "forgotten derivative": lambda U, delta, h: U.T @ delta,
         "the sigmoid's slope": lambda U, delta, h: (U.T @ delta) * h * (1 - h),
         "slope at h": lambda U, delta, h: (U.T @ delta) * (1 - np.tanh(h) ** 2)}),
    "softmax": Exercise(
        "softmax(z)", softmax, lambda n, n_previous, m, rng: {"z": rng.normal(size=(n, m))},
        {"sum over the wrong axis": lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
         "sum over everything": lambda z: np.exp(z) / np.exp(z).sum(),
         "forgotten sum": np.exp}),
    "cross-entropy": Exercise(
        "cross_entropy(a, y)", lambda a, y: -(y * np.log(a)).sum() / a.shape[1],
        lambda n, n_previous, m, rng: {"a": softmax(rng.normal(size=(n, m))),
                                       "y": np.eye(n)[:, rng.integers(n, size=m)]},
        {"mean over everything": lambda a, y: -(y * np.log(a)).mean(),
         "one per example": lambda a, y: -(y * np.log(a)).sum(axis=0)}),
}


def check(name, yours, *inputs):
    """A Verdict on your answer to the exercise of this name.

    yours: your function, tried on random batches of its own; or an array, your answer for the inputs that follow.
    Raises ValueError for an unknown name, and for inputs that are missing or not wanted.
    """
    if name not in EXERCISES:
        raise ValueError(f"no exercise {name!r}: there are {', '.join(EXERCISES)}")
    exercise = EXERCISES[name]
    if not callable(yours):
        wanted = exercise.draw(3, 4, 5, np.random.default_rng(0))
        if len(inputs) != len(wanted):
            raise ValueError(f"an array needs its inputs too: check({name!r}, yours, {', '.join(wanted)})")
        return _judge(exercise, yours, dict(zip(wanted, map(np.asarray, inputs), strict=True)))
    if inputs:
        raise ValueError("a function is tried on inputs of its own: pass no others")
    for trial in range(TRIALS):
        rng = np.random.default_rng(trial)
        sizes = [int(size) for size in rng.permutation(np.arange(3, 10))[:3]]  # all different
        verdict = _try(exercise, yours, exercise.draw(*sizes, rng))
        if not verdict:
            return verdict
    return Verdict(True, "", f"Right, on {TRIALS} random batches with all sizes different.")


def _try(exercise, function, arguments):
    """The verdict on one call of a reader's function, its errors included."""
    given = {key: value.copy() for key, value in arguments.items()}
    shapes = ", ".join(f"{key} {value.shape}" for key, value in arguments.items())
    try:
        answer = function(*given.values())
    except ValueError as error:
        return Verdict(False, "shapes", f"The shapes do not fit, with {shapes}: {error}. "
                                        "Is a transpose missing, or the order of a product reversed?")
    except Exception as error:
        return Verdict(False, "error", f"{type(error).__name__}: {error}. It is called as {exercise.signature}.")
    for key, value in arguments.items():
        if not np.array_equal(given[key], value):
            return Verdict(False, "changed input", f"Your function changes its input {key}: work on a copy.")
    return _judge(exercise, answer, arguments)


def _judge(exercise, answer, arguments):
    """The verdict on an answer for these arguments."""
    if answer is None:
        return Verdict(False, "no answer", "The answer is None: is there a return?")
    try:
        answer = np.asarray(answer, float)
    except (TypeError, ValueError):
        return Verdict(False, "no array", f"The answer is no array of numbers but {type(answer).__name__}.")
    right = np.asarray(exercise.right(*arguments.values()))
    if _same(answer, right):
        return Verdict(True, "", "Right.")
    m = list(arguments.values())[-1].shape[1]
    for slip, wrong in _slips(exercise, right, arguments, m):
        if _alike(answer, wrong):
            says = " And: ".join(SAYS[part] for part in slip.split(", "))
            return Verdict(False, slip, says.format(m=m, shape=answer.shape, right=right.shape))
    if answer.shape != right.shape:
        return Verdict(False, "shape", f"The shape is {answer.shape}, and {right.shape} is wanted.")
    worst = np.unravel_index(np.abs(answer - right).argmax(), right.shape)
    return Verdict(False, "unknown", f"Not right, and no slip that is known here. The largest difference is at index "
                                     f"{tuple(map(int, worst))}: nudge what goes in there, and compare.")


def _slips(exercise, right, arguments, m):
    """All wrong answers that are looked for, (name, value), the simplest first."""
    factors = {"lost 1/m": m, "1/m too many": 1 / m, "wrong sign": -1, "factor 2": 2, "factor 1/2": 0.5}
    candidates = {name: np.asarray(make(*arguments.values())) for name, make in exercise.slips.items()}
    yield "wrong shape", right
    if right.ndim == 2 and 1 not in right.shape:
        yield "missing transpose", right.T
    yield from ((name, factor * right) for name, factor in factors.items())
    yield from candidates.items()
    yield "wrong sign, lost 1/m", -m * right
    if right.ndim == 2 and 1 not in right.shape:
        yield "missing transpose, lost 1/m", m * right.T
    for name, wrong in candidates.items():
        yield f"{name}, wrong sign", -wrong
        yield f"{name}, lost 1/m", m * wrong


def _same(answer, right):
    return answer.shape == right.shape and np.allclose(answer, right, rtol=1e-7, atol=1e-10)


def _alike(answer, wrong):
    """The same numbers, up to axes of length 1; one number stands for a whole array of it."""
    one, other = answer.squeeze(), wrong.squeeze()
    return (one.shape == other.shape or other.ndim == 0) and np.allclose(one, other, rtol=1e-7, atol=1e-10)
