"""N7, a character LSTM, written for each library as its users would write it.

The peers have the form of benchmarks/peers.py: (spec, rows, targets, seed) -> (epoch, predict); here rows and
targets are class numbers (m, T), a piece of text in each row and the letter that follows each.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SequenceSpec:
    """One LSTM and a softmax over the alphabet at every step, trained by Adam on pieces of T letters."""

    hidden: int
    T: int
    classes: int
    batch_size: int
    eta: float
    examples: int = 800
    steps: int = 1


SPECS = {"N7": SequenceSpec(128, 50, 67, 32, 0.003)}


def material(spec):
    """Alice in pieces of T letters: rows and targets to learn from, and as many more as examination."""
    from nnlib.data import text

    numbers = text().numbers
    m = (len(numbers) - 1) // spec.T
    rows, targets = (numbers[start : start + m * spec.T].reshape(m, spec.T) for start in (0, 1))
    return rows[: spec.examples], targets[: spec.examples], rows[-spec.examples :], targets[-spec.examples :]


def nnlib(spec, rows, targets, seed, dtype="float32"):
    """This book's library. The cost of every batch is computed too, as train always does."""
    from nnlib import LSTM, Adam, Dense, EachStep, Network, train
    from nnlib.data import one_hot

    layers = [LSTM(spec.classes, spec.hidden), EachStep(), Dense(spec.hidden, spec.classes, "softmax")]
    network = Network(layers, "cross_entropy", rng=seed, dtype=dtype)
    optimizer, rng, y = Adam(spec.eta), np.random.default_rng(seed), one_hot(targets.T, spec.classes).astype(dtype)

    def epoch():
        for _ in train(network, rows.T, y, optimizer, spec.steps, spec.batch_size, rng):
            pass

    return epoch, lambda rows: network.predict(rows.T).T


def nnlib_float64(spec, rows, targets, seed):
    """The same in double precision."""
    return nnlib(spec, rows, targets, seed, "float64")


def torch_eager(spec, rows, targets, seed):
    """PyTorch on the CPU, eager: nn.LSTM on one-hot letters, its own fused cell."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    lstm = torch.nn.LSTM(spec.classes, spec.hidden, batch_first=True)
    last = torch.nn.Linear(spec.hidden, spec.classes)
    optimizer = torch.optim.Adam([*lstm.parameters(), *last.parameters()], lr=spec.eta)
    x, y = torch.from_numpy(rows), torch.from_numpy(targets)

    def logits(rows):
        return last(lstm(torch.nn.functional.one_hot(rows, spec.classes).float())[0])

    def epoch():
        for _ in range(spec.steps):
            for index in torch.randperm(len(x)).split(spec.batch_size):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(logits(x[index]).flatten(0, 1), y[index].flatten()).backward()
                optimizer.step()

    def predict(rows):
        with torch.no_grad():
            return logits(torch.from_numpy(rows)).argmax(dim=2).numpy()

    return epoch, predict


def jax_per_step(spec, rows, targets, seed):
    """JAX on the CPU: lax.scan over time, letters looked up, one jitted function per step, state donated."""
    import jax
    import jax.numpy as jnp

    rng, n, tree = np.random.default_rng(seed), spec.hidden, jax.tree_util.tree_map

    def draw(*shape):
        return jnp.asarray(rng.normal(0, np.sqrt(1 / shape[0]), shape), jnp.float32)

    parameters = {"W": draw(spec.classes, 4 * n), "U": draw(n, 4 * n), "V": draw(n, spec.classes),
                  "b": jnp.zeros(4 * n).at[n : 2 * n].set(1.0), "c": jnp.zeros(spec.classes)}
    x, y = jnp.asarray(rows), jnp.asarray(targets)

    def logits(p, letters):
        def cell(state, z):
            h, c = state
            z = z + h @ p["U"]
            i, f, o = jnp.split(jax.nn.sigmoid(z[:, : 3 * n]), 3, axis=1)
            c = f * c + i * jnp.tanh(z[:, 3 * n :])
            h = o * jnp.tanh(c)
            return (h, c), h

        zero = jnp.zeros((letters.shape[0], n))
        return jax.lax.scan(cell, (zero, zero), p["W"][letters.T] + p["b"])[1] @ p["V"] + p["c"]

    def cost(p, letters, t):
        picked = jnp.take_along_axis(jax.nn.log_softmax(logits(p, letters)), t.T[..., None], axis=2)
        return -picked.mean()

    def update(state, index):
        p, mean, square, count = state
        gradient, count = jax.grad(cost)(p, x[index], y[index]), count + 1
        mean = tree(lambda v, g: 0.9 * v + 0.1 * g, mean, gradient)
        square = tree(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradient)
        p = tree(lambda p, v, s: p - spec.eta * (v / (1 - 0.9**count)) / (jnp.sqrt(s / (1 - 0.999**count)) + 1e-8),
                 p, mean, square)
        return p, mean, square, count

    zeros = tree(jnp.zeros_like, parameters)
    state = (parameters, zeros, tree(jnp.zeros_like, parameters), jnp.float32(0))
    step = jax.jit(update, donate_argnums=0)

    def epoch():
        nonlocal state
        for _ in range(spec.steps):
            order = rng.permutation(len(rows)).astype(np.int32)
            for start in range(0, len(rows), spec.batch_size):
                state = step(state, order[start : start + spec.batch_size])
        jax.block_until_ready(state)

    return epoch, lambda rows: np.asarray(logits(state[0], jnp.asarray(rows)).argmax(axis=2).T)


PEERS = {
    "nnlib": nnlib,
    "nnlib float64": nnlib_float64,
    "PyTorch eager": torch_eager,
    "JAX per step": jax_per_step,
}

TARGETS = {"N7": {"PyTorch eager": 0.95, "JAX per step": 0.95}}
