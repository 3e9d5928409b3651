"""N6, a small convolutional network, written for each library as its users would write it.

The peers have the form of benchmarks/peers.py: (spec, rows, targets, seed) -> (epoch, predict).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ImageSpec:
    """Convolutions of size x size without padding, each with ReLU and a pool of 2 x 2; then one softmax layer."""

    channels: tuple
    size: int
    batch_size: int
    eta: float
    examples: int = 60_000
    steps: int = 1

    @property
    def flat(self):
        """The number of inputs of the last layer."""
        side = 28
        for _ in self.channels[1:]:
            side = (side - self.size + 1) // 2
        return self.channels[-1] * side * side


SPECS = {"N6": ImageSpec((1, 8, 16), 5, 64, 0.1)}


def pairs(spec):
    """(channels in, channels out) of each convolution."""
    return list(zip(spec.channels, spec.channels[1:], strict=False))


def nnlib(spec, rows, targets, seed, dtype="float32"):
    """This book's library. The cost of every batch is computed too, as train always does."""
    from nnlib import SGD, Conv2D, Dense, Flatten, MaxPool2D, Network, train

    layers = []
    for c_in, c_out in pairs(spec):
        layers += [Conv2D(c_in, c_out, spec.size, "relu"), MaxPool2D(2)]
    network = Network([*layers, Flatten(), Dense(spec.flat, 10, "softmax")], "cross_entropy", rng=seed, dtype=dtype)
    optimizer, rng = SGD(eta=spec.eta), np.random.default_rng(seed)

    def epoch():
        x = rows.T.reshape(1, 28, 28, -1)
        for _ in train(network, x, targets.T, optimizer, spec.steps, spec.batch_size, rng):
            pass

    return epoch, lambda rows: network.predict(rows.T.reshape(1, 28, 28, -1))


def nnlib_float64(spec, rows, targets, seed):
    """The same in double precision, on data that are already double."""
    return nnlib(spec, rows.astype(float), targets.astype(float), seed, "float64")


def torch_eager(spec, rows, targets, seed):
    """PyTorch on the CPU, eager, channels first: nn.Sequential, the data as one tensor, indexed by a permutation."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    layers = []
    for c_in, c_out in pairs(spec):
        layers += [torch.nn.Conv2d(c_in, c_out, spec.size), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
    model = torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(spec.flat, 10))
    x, classes = torch.from_numpy(rows.reshape(-1, 1, 28, 28)), torch.from_numpy(targets).argmax(dim=1)
    optimizer = torch.optim.SGD(model.parameters(), lr=spec.eta)

    def epoch():
        for _ in range(spec.steps):
            for index in torch.randperm(len(x)).split(spec.batch_size):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(model(x[index]), classes[index]).backward()
                optimizer.step()

    def predict(rows):
        with torch.no_grad():
            blocks = torch.from_numpy(rows.reshape(-1, 1, 28, 28)).split(1000)
            return torch.cat([model(block).argmax(dim=1) for block in blocks]).numpy()

    return epoch, predict


def jax_per_step(spec, rows, targets, seed):
    """JAX on the CPU: one jitted function per step, parameters donated, batches gathered inside."""
    import jax
    import jax.numpy as jnp

    rng, k = np.random.default_rng(seed), spec.size
    convolutions = [(jnp.asarray(rng.normal(0, np.sqrt(2 / (c_in * k * k)), (c_out, c_in, k, k)), jnp.float32),
                     jnp.zeros((c_out, 1, 1))) for c_in, c_out in pairs(spec)]
    last = (jnp.asarray(rng.normal(0, np.sqrt(1 / spec.flat), (spec.flat, 10)), jnp.float32), jnp.zeros(10))
    x, y = jnp.asarray(rows.reshape(-1, 1, 28, 28)), jnp.asarray(targets)

    def logits(parameters, a):
        convolutions, (V, c) = parameters
        for W, b in convolutions:
            a = jax.nn.relu(jax.lax.conv(a, W, (1, 1), "VALID") + b)
            a = jax.lax.reduce_window(a, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        return a.reshape(len(a), -1) @ V + c

    def cost(parameters, a, t):
        return -jnp.sum(t * jax.nn.log_softmax(logits(parameters, a))) / len(t)

    def update(parameters, index):
        gradient = jax.grad(cost)(parameters, x[index], y[index])
        return jax.tree_util.tree_map(lambda p, g: p - spec.eta * g, parameters, gradient)

    state, step = (convolutions, last), jax.jit(update, donate_argnums=0)

    def epoch():
        nonlocal state
        for _ in range(spec.steps):
            order = rng.permutation(len(rows)).astype(np.int32)
            for start in range(0, len(rows), spec.batch_size):
                state = step(state, order[start : start + spec.batch_size])
        jax.block_until_ready(state)

    read = jax.jit(lambda parameters, a: logits(parameters, a).argmax(axis=1))
    return epoch, lambda rows: np.concatenate(
        [np.asarray(read(state, block)) for block in np.split(rows.reshape(-1, 1, 28, 28), len(rows) // 1000)])


PEERS = {
    "nnlib": nnlib,
    "nnlib float64": nnlib_float64,
    "PyTorch eager": torch_eager,
    "JAX per step": jax_per_step,
}

TARGETS = {"N6": {"PyTorch eager": 1.2, "JAX per step": 2}}
