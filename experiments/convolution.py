"""The convolutional network of chapter 13 on full MNIST, three seeds.

    python experiments/convolution.py        about 10 minutes; writes data/histories/convolution-lenet.json

The architecture follows LeNet-5 (LeCun et al., 1998): two convolutions of 5 x 5, each followed by pooling, then
dense layers; with ReLU, maxima and softmax where 1998 had other things. The number of epochs was fixed beforehand and
the last one is what counts. The first seed's network is stored in data/networks/, for the widget and the figures.
"""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from nnlib import Adam, Conv2D, Dense, Dropout, Flatten, MaxPool2D, Network, accuracy, confusion_matrix, data, train

KEPT = Path(__file__).resolve().parent.parent / "data" / "networks" / "convolution-lenet.npz"
SEEDS = [0, 1, 2]
RECIPES = {
    "convolution-lenet": {"channels": [8, 16], "hidden": 100, "dropout": 0.4, "examples": 60_000, "optimizer": "Adam",
                          "eta": 0.002, "decay": 0.7, "batch_size": 64, "epochs": 8},
}


def build(rng, channels, hidden, dropout):
    """conv 5 x 5 (28 x 28 stays), pool (14 x 14), conv 5 x 5 (10 x 10), pool (5 x 5), two dense layers."""
    first, second = channels
    return Network([
        Conv2D(1, first, 5, "relu", padding=2), MaxPool2D(2),
        Conv2D(first, second, 5, "relu"), MaxPool2D(2),
        Flatten(), Dense(second * 5 * 5, hidden, "relu"), Dropout(dropout), Dense(hidden, 10, "softmax"),
    ], "cross_entropy", rng=rng)


def run(seed, channels, hidden, dropout, examples, optimizer, eta, decay, batch_size, epochs, digits=None, keep=None):
    """Train one network; returns cost and test accuracy after each epoch, and the confusion matrix at the end.

    decay: after each epoch the learning rate is multiplied by it. examples: how many training images, from the
    first. digits: nnlib.data.mnist() unless given. keep: where to save the trained network.
    """
    digits = digits or data.mnist()
    rng = np.random.default_rng(seed)
    network = build(rng, channels, hidden, dropout)
    x, y = digits.x_train.reshape(1, 28, 28, -1)[..., :examples], digits.y_train[:, :examples]
    x_test = digits.x_test.reshape(1, 28, 28, -1)
    step = {"Adam": Adam}[optimizer](eta)
    history = {"cost": [], "accuracy": []}
    for epoch in tqdm(train(network, x, y, step, epochs, batch_size, rng), total=epochs, desc=f"seed {seed}"):
        history["cost"].append(round(epoch.cost, 6))
        history["accuracy"].append(accuracy(network, x_test, digits.labels_test))
        step.eta *= decay
    if keep:
        keep.parent.mkdir(exist_ok=True)
        network.save(keep)
    history["confusion"] = confusion_matrix(digits.labels_test, network.predict(x_test)).tolist()
    return history


if __name__ == "__main__":
    from common import record

    mnist = data.mnist()
    for name, recipe in RECIPES.items():
        def once(seed, **recipe):
            return run(seed, digits=mnist, keep=KEPT if seed == SEEDS[0] else None, **recipe)

        record(name, recipe, SEEDS, once)
