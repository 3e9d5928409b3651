"""The trainings of chapter 14: the adding problem, and a network that writes Alice letter by letter.

    python experiments/sequences.py                    all of them, some 15 minutes; writes data/histories/
    python experiments/sequences.py adding-50-lstm     some

The first seed's network of the recipes named in KEPT is stored too, in data/networks/.
"""

import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from nnlib import LSTM, Adam, Dense, EachStep, Network, Recurrent, data, train
from nnlib.activations import Softmax

NETWORKS = Path(__file__).resolve().parent.parent / "data" / "networks"
LAYERS = {"Recurrent": Recurrent, "LSTM": LSTM}
SEEDS = [0, 1, 2]
SHORT = {"T": 50, "layer": "Recurrent", "hidden": 32, "optimizer": "Adam", "eta": 0.003, "clip": 0.2,
         "batch_size": 100, "steps": 1500}
LONG = {"T": 150, "layer": "Recurrent", "hidden": 64, "optimizer": "Adam", "eta": 0.01, "clip": 1.0,
        "batch_size": 32, "steps": 1500}
TEXT = {"layer": "LSTM", "hidden": 128, "T": 64, "optimizer": "Adam", "eta": 0.003, "clip": 1.0, "batch_size": 32,
        "epochs": 30, "held_back": 0.1, "temperature": 0.7}
RECIPES = {
    "adding-50-recurrent": SHORT,
    "adding-50-lstm": SHORT | {"layer": "LSTM"},
    "adding-150-recurrent": LONG,
    "adding-150-lstm": LONG | {"layer": "LSTM"},
    "adding-150-recurrent-slow": SHORT | {"T": 150},  # the recipe with which it learns at 50 steps
    "text-alice": TEXT,
}
KEPT = ["adding-150-lstm", "text-alice"]
STEPS_AT_ONCE = 100  # the cost is taken after so many


def run_adding(seed, T, layer, hidden, optimizer, eta, clip, batch_size, steps, keep=None):
    """Train on fresh examples at every step; returns the mean squared error on 2,000 others, every 100 steps."""
    rng = np.random.default_rng(seed)
    network = Network([LAYERS[layer](2, hidden, last_only=True), Dense(hidden, 1, "identity")], "quadratic", rng=rng)
    adam = {"Adam": Adam}[optimizer](eta)
    unseen = data.adding(T, 2000, rng=1000 + seed)
    errors = [2 * network.cost(*unseen)]  # the quadratic cost has a half in front
    for _ in tqdm(range(0, steps, STEPS_AT_ONCE), desc=f"adding, {layer}, T = {T}, seed {seed}"):
        x, y = data.adding(T, STEPS_AT_ONCE * batch_size, rng)
        next(train(network, x, y, adam, epochs=1, batch_size=batch_size, rng=rng, clip=clip))
        errors.append(2 * network.cost(*unseen))
    if keep:
        network.save(keep)
    return {"error": [round(error, 6) for error in errors]}


def windows(numbers, T, offset=0):
    """A text cut into pieces of T letters, and the letters that follow each: two arrays (T, m) of class numbers."""
    m = (len(numbers) - 1 - offset) // T
    x, y = (numbers[start : start + m * T].reshape(m, T).T for start in (offset, offset + 1))
    return x, y


def write(network, text, start, length, temperature, rng):
    """What the network writes after the letters of `start`: `length` more, each drawn from its softmax.

    temperature: what the weighted inputs are divided by first; below 1 it prefers what is likely anyway.
    """
    memory, output = network.layers[0], network.layers[-1]
    memory.carry_state()
    network.forward(text.encode(start).reshape(-1, 1))
    written, softmax = [], Softmax()
    for _ in range(length):
        p = softmax(output.z[:, -1:].astype(float) / temperature)
        written.append(int(rng.choice(len(p), p=p[:, 0])))
        network.forward(np.array([[written[-1]]]))
    memory.carry_state(False)
    return text.decode(written)


def run_text(seed, layer, hidden, T, optimizer, eta, clip, batch_size, epochs, held_back, temperature, text=None,
             keep=None):
    """Train on the text but its last part; returns costs in nats per letter and a sample after each epoch.

    held_back: the share at the end that is only measured on. text: nnlib.data.text() unless given.
    """
    text = text or data.text()
    rng, V = np.random.default_rng(seed), len(text.alphabet)
    split = round(len(text.numbers) * (1 - held_back))
    network = Network([LAYERS[layer](V, hidden), EachStep(), Dense(hidden, V, "softmax")], "cross_entropy", rng=rng)
    x_held, y_held = windows(text.numbers[split:], T)
    y_held = data.one_hot(y_held, V)
    adam = {"Adam": Adam}[optimizer](eta)
    history = {"cost": [], "held_back": [network.cost(x_held, y_held)], "sample": []}

    def sample():
        history["sample"].append(write(network, text, "Alice ", 200, temperature, np.random.default_rng(seed)))

    sample()
    for _ in tqdm(range(epochs), desc=f"text, {layer}, seed {seed}"):
        x, y = windows(text.numbers[:split], T, offset=int(rng.integers(T)))  # cut elsewhere in each epoch
        epoch = next(train(network, x, data.one_hot(y, V), adam, 1, batch_size, rng, clip))
        history["cost"].append(epoch.cost)
        history["held_back"].append(network.cost(x_held, y_held))
        sample()
    if keep:
        network.save(keep)
    return {name: [round(v, 5) if isinstance(v, float) else v for v in values] for name, values in history.items()}


def run(name):
    """The function that carries out the recipe of this name."""
    return run_text if name.startswith("text") else run_adding


if __name__ == "__main__":
    from common import record

    for name in sys.argv[1:] or RECIPES:
        def once(seed, name=name, **recipe):
            keep = NETWORKS / f"{name}.npz" if name in KEPT and seed == SEEDS[0] else None
            return run(name)(seed, keep=keep, **recipe)

        record(name, RECIPES[name], SEEDS if name != "text-alice" else SEEDS[:1], once)
