"""Two networks against each other: the ring of eight Gaussians and the digits from noise of chapter 15.

    python experiments/gan.py                  all of it, about fifteen minutes; writes data/histories/gan-*
    python experiments/gan.py gan-ring         some

What the first seed leaves behind is stored in data/networks/ for chapter and widgets: of the ring both networks
and a film, their parameters at the steps FRAMES; of the digits the generator, and pictures on the way.
"""

import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from nnlib import Adam, Dense, Dropout, Network, data
from nnlib.data import ring, ring_counts

NETWORKS = Path(__file__).resolve().parent.parent / "data" / "networks"
SEEDS = [0, 1, 2]
RING = {"sigma": 0.05, "noise": 2, "hidden": 64, "eta": 0.001, "eta_discriminator": 0.001, "beta1": 0.5,
        "batch_size": 256, "steps": 5000}
RECIPES = {
    "gan-ring": RING,
    "gan-ring-collapse": RING | {"eta_discriminator": 0.0001, "beta1": 0.9},
    "gan-ring-narrow": RING | {"sigma": 0.02},
    "gan-digits": {"noise": 32, "hidden": 256, "dropout": [0.3, 0.5], "eta": 0.0005, "eta_discriminator": 0.0005,
                   "beta1": 0.5, "batch_size": 100, "steps": 4800},
}
FRAMES = [0, 25, 50, 100, 150, 200, 300, 400, 500, 600, 800, 1000, 1250, 1500, 1750, 2000, 2250, 2500, 2750, 3000,
          3500, 4000, 4500, 5000]
PICTURES = [0, 150, 300, 600, 1200, 2400, 4800]  # 600 steps show D as many digits as the training set has
KEPT = ["gan-ring", "gan-ring-collapse", "gan-digits"]


def discriminator_step(D, optimizer, x_real, x_generated):
    """One step of D towards 1 on real and 0 on generated examples, m columns each; returns its cost before it.

    That cost is the sum of two means, over the real and over the generated examples; batch_cost, the mean over
    all 2m columns, is half of it (Goodfellow et al., 2014, algorithm 1).
    """
    real, generated = np.ones((1, x_real.shape[1])), np.zeros((1, x_generated.shape[1]))
    D.forward(np.concatenate([x_real, x_generated], axis=1), training=True)
    y = np.concatenate([real, generated], axis=1)
    cost = 2 * D.batch_cost(y)
    D.backward(y)
    optimizer.step(D.parameters, D.gradient)
    return cost


def generator_step(G, D, optimizer, z, minimax=False):
    """One step of G on noise z (p, m); returns the mean of -ln D over what it made, before the step.

    G wants its examples taken for real: target 1. minimax=True: it wants D's cost with target 0 to grow instead.
    D only hands the gradient on, and stays as it is (Goodfellow et al., 2014, section 3).
    """
    D.forward(G.forward(z, training=True), training=True)
    real = np.ones((1, z.shape[1]))
    cost = D.batch_cost(real)
    D.backward(0 * real if minimax else real, input_gradient=True)
    G.backward_from(-D.input_gradient if minimax else D.input_gradient)
    optimizer.step(G.parameters, G.gradient)
    return cost


def train_gan(G, D, draw, steps, batch_size, eta, eta_discriminator, beta1, rng, minimax=False):
    """Train both, D first; a generator of (step, C_D, C_G) after each step.

    draw: a function draw(m, rng) that gives m real examples, one per column. rng: a numpy.random.Generator.
    """
    optimizer_G, optimizer_D = Adam(eta, beta1), Adam(eta_discriminator, beta1)
    shape = (G.layers[0].n_in, batch_size)
    for step in range(1, steps + 1):
        x_generated = G.forward(rng.normal(size=shape), training=True)
        cost_D = discriminator_step(D, optimizer_D, draw(batch_size, rng), x_generated)
        cost_G = generator_step(G, D, optimizer_G, rng.normal(size=shape), minimax)
        yield step, cost_D, cost_G


def ring_networks(noise, hidden, rng):
    """Generator and discriminator for points in the plane, with two hidden ReLU layers each."""
    G = Network([Dense(noise, hidden, "relu"), Dense(hidden, hidden, "relu"), Dense(hidden, 2, "identity")], rng=rng)
    D = Network([Dense(2, hidden, "relu"), Dense(hidden, hidden, "relu"), Dense(hidden, 1, "sigmoid")],
                cost="binary_cross_entropy", rng=rng)
    return G, D


def run_ring(seed, sigma, noise, hidden, steps, keep=None, **training):
    """Train on the ring; returns what 2,000 generated points hit at each of FRAMES, and both costs in between.

    keep: a name under which networks and film are stored in data/networks/.
    """
    rng, judge = np.random.default_rng(seed), np.random.default_rng(1000 + seed)
    G, D = ring_networks(noise, hidden, rng)
    z = judge.normal(size=(noise, 2000))
    history = {"step": [], "hits": [], "cost_D": [], "cost_G": []}
    film, costs = {"generator": [], "discriminator": []}, []

    def frame(step):
        history["step"].append(step)
        history["hits"].append(ring_counts(G.forward(z), sigma).tolist())
        if costs:
            cost_D, cost_G = np.mean(costs, axis=0)
            history["cost_D"].append(round(cost_D, 4))
            history["cost_G"].append(round(cost_G, 4))
            costs.clear()
        film["generator"].append(G.parameters.astype(np.float16))
        film["discriminator"].append(D.parameters.astype(np.float16))

    frame(0)
    draw = lambda m, rng: ring(m, sigma, rng).x  # noqa: E731
    for step, *both in tqdm(train_gan(G, D, draw, steps, rng=rng, **training), total=steps, desc=f"ring, seed {seed}"):
        costs.append(both)
        if step in FRAMES:
            frame(step)
    history["points"] = G.forward(z[:, :500]).round(3).tolist()
    if keep:
        np.savez(NETWORKS / f"{keep}-film.npz", step=history["step"], **film)
        G.save(NETWORKS / f"{keep}-generator.npz")
        D.save(NETWORKS / f"{keep}-discriminator.npz")
    return history


def digit_networks(noise, hidden, dropout, rng):
    """Generator and discriminator for digits, with one hidden layer each.

    dropout: how much of the pixels and of the hidden layer D does not see while training; D alone would win.
    """
    G = Network([Dense(noise, hidden, "relu"), Dense(hidden, 784, "sigmoid")], rng=rng)
    pixels, middle = map(Dropout, dropout)
    D = Network([pixels, Dense(784, hidden, "leaky_relu"), middle, Dense(hidden, 1, "sigmoid")],
                cost="binary_cross_entropy", rng=rng)
    return G, D


def run_digits(seed, noise, hidden, dropout, steps, digits=None, keep=None, **training):
    """Train on the 60,000 digits; returns, at each of PICTURES, what a reader of digits makes of 1,000 generated.

    digits: nnlib.data.mnist() unless given. keep: as in run_ring, for the generator and 16 pictures each time.
    read: how often each digit is the answer; sure: the mean of the largest output; spread: of a pixel, over pictures.
    """
    rows = (digits or data.mnist()).x_train.T
    reader = Network.load(NETWORKS / "digits-16-16.npz")
    rng, judge = np.random.default_rng(seed), np.random.default_rng(1000 + seed)
    G, D = digit_networks(noise, hidden, dropout, rng)
    z = judge.normal(size=(noise, 1000))
    history = {"step": [], "read": [], "sure": [], "spread": [], "cost_D": [], "cost_G": []}
    pictures, costs = [], []

    def look(step):
        x = G.forward(z)
        answers = reader.forward(x)
        history["step"].append(step)
        history["read"].append(np.bincount(answers.argmax(axis=0), minlength=10).tolist())
        history["sure"].append(round(float(answers.max(axis=0).mean()), 4))
        history["spread"].append(round(float(x.std(axis=1).mean()), 4))
        pictures.append((255 * x[:, :16]).round().astype(np.uint8))

    look(0)
    draw = lambda m, rng: rows[rng.integers(len(rows), size=m)].T  # noqa: E731
    steps_done = train_gan(G, D, draw, steps, rng=rng, **training)
    for step, *both in tqdm(steps_done, total=steps, desc=f"digits, seed {seed}"):
        costs.append(both)
        if step % 100 == 0:
            for name, cost in zip(("cost_D", "cost_G"), np.mean(costs, axis=0), strict=True):
                history[name].append(round(cost, 4))
            costs.clear()
        if step in PICTURES:
            look(step)
    if keep:
        np.savez_compressed(NETWORKS / f"{keep}-pictures.npz", step=history["step"], pictures=np.array(pictures))
        G.save(NETWORKS / f"{keep}-generator.npz")
    return history


if __name__ == "__main__":
    from common import record

    for name in sys.argv[1:] or RECIPES:
        run = run_digits if name == "gan-digits" else run_ring

        def once(seed, name=name, run=run, **recipe):
            return run(seed, keep=name if name in KEPT and seed == SEEDS[0] else None, **recipe)

        record(name, RECIPES[name], SEEDS, once)
