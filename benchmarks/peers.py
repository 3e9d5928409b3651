"""The same training, written for each library as its users would write it.

A peer is a function (spec, rows, targets, seed) -> (epoch, predict): epoch() trains one pass over the shuffled
data, predict(rows) returns class numbers. rows is (m, 784) float32, targets (m, 10) one-hot. Libraries are
imported when their peer is made, so that measuring one does not load the others.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Spec:
    """A network of the comparison. batch_size None: full batch; then one "epoch" is `steps` steps."""

    sizes: tuple
    hidden: str
    output: str
    cost: str
    batch_size: int | None
    optimizer: str
    eta: float
    examples: int = 60_000
    steps: int = 1


SPECS = {
    "N1": Spec((784, 30, 10), "sigmoid", "sigmoid", "quadratic", 10, "sgd", 3.0),
    "N2": Spec((784, 16, 16, 10), "sigmoid", "sigmoid", "quadratic", 32, "sgd", 3.0),
    "N3": Spec((784, 10, 10), "relu", "softmax", "cross_entropy", 32, "sgd", 0.1),
    "N3 full batch": Spec((784, 10, 10), "relu", "softmax", "cross_entropy", None, "sgd", 0.1, 41_000, 10),
    "N4": Spec((784, 100, 10), "sigmoid", "sigmoid", "binary_cross_entropy", 10, "sgd", 0.5),
    "N5": Spec((784, 128, 64, 10), "relu", "softmax", "cross_entropy", 128, "adam", 0.001),
}


NO_END = 10**6  # epochs: one call of train serves all rounds, as one call serves all epochs of a reader


def activations(spec):
    """The activation of each layer, from the first hidden one to the output."""
    return [spec.hidden] * (len(spec.sizes) - 2) + [spec.output]


def nnlib(spec, rows, targets, seed, dtype="float32"):
    """This book's library. The cost of every batch is computed too, as train always does."""
    from nnlib import SGD, Adam, Dense, Network, train

    layers = [Dense(n_in, n_out, name) for n_in, n_out, name
              in zip(spec.sizes, spec.sizes[1:], activations(spec), strict=False)]
    network = Network(layers, spec.cost, rng=seed, dtype=dtype)
    optimizer = (SGD if spec.optimizer == "sgd" else Adam)(eta=spec.eta)
    epochs = train(network, rows.T, targets.T, optimizer, NO_END, spec.batch_size, np.random.default_rng(seed))

    def epoch():
        for _ in range(spec.steps):
            next(epochs)

    return epoch, lambda rows: network.predict(rows.T)


def nnlib_float64(spec, rows, targets, seed):
    """The same in double precision, on data that are already double."""
    return nnlib(spec, rows.astype(float), targets.astype(float), seed, "float64")


def textbook(spec, rows, targets, seed):
    """Plain NumPy as tutorials write it: float64, a list of matrices, columns picked by X[:, index]."""
    rng = np.random.default_rng(seed)
    X, Y = np.ascontiguousarray(rows.T, float), np.ascontiguousarray(targets.T, float)
    W = [rng.normal(0, np.sqrt(1 / n_in), (n_out, n_in))
         for n_in, n_out in zip(spec.sizes, spec.sizes[1:], strict=False)]
    b = [np.zeros((n_out, 1)) for n_out in spec.sizes[1:]]
    moments = [[np.zeros_like(p), np.zeros_like(p)] for p in W + b]
    batch_size, m, count = spec.batch_size or len(rows), len(rows), 0

    def squash(name, Z):
        if name == "sigmoid":
            return 1 / (1 + np.exp(-Z))
        if name == "relu":
            return np.maximum(0, Z)
        E = np.exp(Z - np.max(Z, axis=0, keepdims=True))
        return E / np.sum(E, axis=0, keepdims=True)

    def forward(A):
        A, Z = [A], []
        for Wl, bl, name in zip(W, b, activations(spec), strict=True):
            Z.append(np.dot(Wl, A[-1]) + bl)
            A.append(squash(name, Z[-1]))
        return Z, A

    def step(x, y):
        nonlocal count
        Z, A = forward(x)
        k = y.shape[1]
        dZ = A[-1] - y
        if spec.cost == "quadratic":
            dZ = dZ * A[-1] * (1 - A[-1])
        gradients = []
        for layer in reversed(range(len(W))):
            gradients.append((np.dot(dZ, A[layer].T) / k, np.sum(dZ, axis=1, keepdims=True) / k))
            if layer:
                slope = A[layer] * (1 - A[layer]) if spec.hidden == "sigmoid" else Z[layer - 1] > 0
                dZ = np.dot(W[layer].T, dZ) * slope
        dW, db = zip(*reversed(gradients), strict=True)
        count += 1
        for index, (p, g) in enumerate(zip(W + b, dW + db, strict=True)):
            if spec.optimizer == "adam":
                mean, square = moments[index]
                mean = moments[index][0] = 0.9 * mean + 0.1 * g
                square = moments[index][1] = 0.999 * square + 0.001 * g**2
                g = (mean / (1 - 0.9**count)) / (np.sqrt(square / (1 - 0.999**count)) + 1e-8)
            p -= spec.eta * g

    def epoch():
        for _ in range(spec.steps):
            order = rng.permutation(m)
            for start in range(0, m, batch_size):
                index = order[start : start + batch_size]
                step(*((X[:, index], Y[:, index]) if spec.batch_size else (X, Y)))

    return epoch, lambda rows: forward(rows.T)[1][-1].argmax(axis=0)


def by_hand(spec, rows, targets, seed):
    """A sigmoid network as a flat list of NumPy calls on arrays made once: no layers, no checks, no cost."""
    rng = np.random.default_rng(seed)
    sizes, m = spec.sizes, spec.batch_size
    ends = np.cumsum([n_out * (n_in + 1) for n_in, n_out in zip(sizes, sizes[1:], strict=False)])
    parameters, gradient, step = (np.zeros(ends[-1], np.float32) for _ in range(3))
    W, dW, b, db = [], [], [], []
    for n_in, n_out, end in zip(sizes, sizes[1:], ends, strict=False):
        for flat, weights, biases in ((parameters, W, b), (gradient, dW, db)):
            weights.append(flat[end - n_out * (n_in + 1) : end - n_out].reshape(n_out, n_in))
            biases.append(flat[end - n_out : end].reshape(n_out, 1))
        W[-1][:] = rng.normal(0, np.sqrt(1 / n_in), (n_out, n_in))
    x, y = (np.empty((m, n), np.float32) for n in (sizes[0], sizes[-1]))
    a = [x.T, *(np.empty((n, m), np.float32) for n in sizes[1:])]
    delta, slope = ([None, *(np.empty((n, m), np.float32) for n in sizes[1:])] for _ in range(2))
    ones, last = np.ones((m, 1), np.float32), len(W)

    def forward():
        for n in range(last):
            z = a[n + 1]
            np.dot(W[n], a[n], out=z)
            z += b[n]
            np.negative(z, out=z)
            np.exp(z, out=z)
            z += 1
            np.reciprocal(z, out=z)

    def times_slope(n):
        np.subtract(1, a[n], out=slope[n])
        slope[n] *= a[n]
        delta[n] *= slope[n]

    def epoch():
        order = rng.permutation(len(rows))
        with np.errstate(over="ignore"):
            for start in range(0, len(rows) - m + 1, m):
                chosen = order[start : start + m]
                rows.take(chosen, axis=0, out=x, mode="clip")
                targets.take(chosen, axis=0, out=y, mode="clip")
                forward()
                np.subtract(a[last], y.T, out=delta[last])
                delta[last] *= 1 / m
                if spec.cost == "quadratic":
                    times_slope(last)
                for n in range(last, 0, -1):
                    np.dot(delta[n], a[n - 1].T, out=dW[n - 1])
                    np.dot(delta[n], ones, out=db[n - 1])
                    if n > 1:
                        np.dot(W[n - 1].T, delta[n], out=delta[n - 1])
                        times_slope(n - 1)
                np.multiply(gradient, spec.eta, out=step)
                np.subtract(parameters, step, out=parameters)

    def predict(rows):
        out = rows.T
        for weights, biases in zip(W, b, strict=True):
            out = 1 / (1 + np.exp(-(weights @ out + biases)))
        return out.argmax(axis=0)

    return epoch, predict


def torch_eager(spec, rows, targets, seed):
    """PyTorch on the CPU, eager: nn.Sequential, the data as one tensor, indexed by a random permutation."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    kinds = {"sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU}
    layers = []
    for n_in, n_out, name in zip(spec.sizes, spec.sizes[1:], activations(spec), strict=False):
        layers.append(torch.nn.Linear(n_in, n_out))
        if name != "softmax" and not (name == "sigmoid" and n_out == 10 and spec.cost == "binary_cross_entropy"):
            layers.append(kinds[name]())
    model = torch.nn.Sequential(*layers)
    x, y = torch.from_numpy(rows), torch.from_numpy(targets)
    classes = y.argmax(dim=1)
    losses = {
        "quadratic": lambda out, index: 0.5 * (out - y[index]).square().sum() / len(out),
        "binary_cross_entropy": lambda out, index: torch.nn.functional.binary_cross_entropy_with_logits(
            out, y[index], reduction="sum") / len(out),
        "cross_entropy": lambda out, index: torch.nn.functional.cross_entropy(out, classes[index]),
    }
    loss = losses[spec.cost]
    kind = torch.optim.SGD if spec.optimizer == "sgd" else torch.optim.Adam
    optimizer = kind(model.parameters(), lr=spec.eta)
    everything = slice(None)

    def epoch():
        for _ in range(spec.steps):
            batches = torch.randperm(len(x)).split(spec.batch_size) if spec.batch_size else [everything]
            for index in batches:
                optimizer.zero_grad()
                loss(model(x[index]), index).backward()
                optimizer.step()

    def predict(rows):
        with torch.no_grad():
            return model(torch.from_numpy(rows)).argmax(dim=1).numpy()

    return epoch, predict


def jax_per_step(spec, rows, targets, seed):
    """JAX on the CPU: one jitted function per step, parameters donated, batches gathered inside."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(seed)
    parameters = [(jnp.asarray(rng.normal(0, np.sqrt(1 / n_in), (n_in, n_out)), jnp.float32), jnp.zeros(n_out))
                  for n_in, n_out in zip(spec.sizes, spec.sizes[1:], strict=False)]
    x, y = jnp.asarray(rows), jnp.asarray(targets)
    hidden = jax.nn.sigmoid if spec.hidden == "sigmoid" else jax.nn.relu

    def logits(parameters, a):
        for W, b in parameters[:-1]:
            a = hidden(a @ W + b)
        W, b = parameters[-1]
        return a @ W + b

    def cost(parameters, a, t):
        z = logits(parameters, a)
        if spec.cost == "quadratic":
            return 0.5 * jnp.sum((jax.nn.sigmoid(z) - t) ** 2) / len(z)
        if spec.cost == "binary_cross_entropy":
            return jnp.sum(jax.nn.softplus(z) - t * z) / len(z)
        return -jnp.sum(t * jax.nn.log_softmax(z)) / len(z)

    tree = jax.tree_util.tree_map

    def update(state, a, t):
        parameters, mean, square, count = state
        gradient = jax.grad(cost)(parameters, a, t)
        if spec.optimizer == "sgd":
            return tree(lambda p, g: p - spec.eta * g, parameters, gradient), mean, square, count
        count += 1
        mean = tree(lambda v, g: 0.9 * v + 0.1 * g, mean, gradient)
        square = tree(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradient)
        parameters = tree(lambda p, v, s: p - spec.eta * (v / (1 - 0.9**count))
                          / (jnp.sqrt(s / (1 - 0.999**count)) + 1e-8), parameters, mean, square)
        return parameters, mean, square, count

    zeros = tree(jnp.zeros_like, parameters) if spec.optimizer == "adam" else ()
    state = (parameters, zeros, zeros and tree(jnp.zeros_like, parameters), jnp.float32(0))
    if spec.batch_size:
        step = jax.jit(lambda state, index: update(state, x[index], y[index]), donate_argnums=0)
    else:
        step = jax.jit(lambda state, _: update(state, x, y), donate_argnums=0)

    def epoch():
        nonlocal state
        for _ in range(spec.steps):
            order = rng.permutation(len(rows)).astype(np.int32)
            for start in range(0, len(rows), spec.batch_size or len(rows)):
                state = step(state, order[start : start + spec.batch_size] if spec.batch_size else 0)
        jax.block_until_ready(state)

    return epoch, lambda rows: np.asarray(logits(state[0], jnp.asarray(rows)).argmax(axis=1))


def scikit_learn(spec, rows, targets, seed):
    """scikit-learn's MLP. The regressor's output is linear, so on N1 it does a little less than the others."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    options = {
        "hidden_layer_sizes": spec.sizes[1:-1],
        "activation": "logistic" if spec.hidden == "sigmoid" else "relu",
        "solver": spec.optimizer,
        "alpha": 0.0,
        "batch_size": spec.batch_size or len(rows),
        "learning_rate_init": spec.eta if spec.cost != "quadratic" else 0.05,
        "random_state": seed,
    }
    if spec.optimizer == "sgd":
        options |= {"momentum": 0.0, "nesterovs_momentum": False}
    if spec.cost == "quadratic":
        model, wanted = MLPRegressor(**options), targets
    elif spec.cost == "binary_cross_entropy":
        model, wanted = MLPClassifier(**options), targets.astype(int)  # several labels: ten sigmoids
    else:
        model, wanted = MLPClassifier(**options), targets.argmax(axis=1)

    def epoch():
        for _ in range(spec.steps):
            if spec.cost == "quadratic":
                model.partial_fit(rows, wanted)
            elif spec.cost == "binary_cross_entropy":
                model.partial_fit(rows, wanted, classes=np.arange(10))
            else:
                model.partial_fit(rows, wanted, classes=np.arange(10))

    def predict(rows):
        if spec.cost == "quadratic":
            return model.predict(rows).argmax(axis=1)
        return model.predict_proba(rows).argmax(axis=1)

    return epoch, predict


PEERS = {
    "nnlib": nnlib,
    "nnlib float64": nnlib_float64,
    "PyTorch eager": torch_eager,
    "scikit-learn": scikit_learn,
    "JAX per step": jax_per_step,
    "textbook NumPy float64": textbook,
    "NumPy by hand": by_hand,
}

# What nnlib sets out to reach: the peer's CPU time divided by nnlib's. scikit-learn has no target for N2.
TARGETS = {
    "N1": {"PyTorch eager": 7.5, "scikit-learn": 4, "JAX per step": 1.5, "textbook NumPy float64": 3.5},
    "N2": {"PyTorch eager": 5.5, "JAX per step": 1.1, "textbook NumPy float64": 4},
    "N3": {"PyTorch eager": 7, "scikit-learn": 3.3, "JAX per step": 2, "textbook NumPy float64": 4.5},
    "N3 full batch": {"PyTorch eager": 1.8, "scikit-learn": 2.5, "JAX per step": 1.3, "textbook NumPy float64": 2},
    "N4": {"PyTorch eager": 4.5, "scikit-learn": 3.2, "JAX per step": 1.4, "textbook NumPy float64": 4.5},
    "N5": {"PyTorch eager": 1.5, "scikit-learn": 1.7, "JAX per step": 1.1, "textbook NumPy float64": 3.3},
}
for sigmoid_network in ("N1", "N2", "N4"):
    TARGETS[sigmoid_network]["NumPy by hand"] = None  # no target: it says what is left to gain
