"""The film of the landing page: a network that nnlib trains while the site is built, step by step.

    ```{film}
    ```

The directive trains a small network on the digits of the small extract, keeps what nnlib computed at a few steps
(one digit's pixels, activations, errors, the weights, the cost of every step) and writes it into the page;
website/style/film.js draws it and computes nothing. Beside it stand the lines of nnlib that ran, read from its
sources by the label of their equation, so that the page cannot show a line that is not there.
"""

import base64
import functools
import html
import inspect
import json

import numpy as np
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from nnlib import SGD, Dense, Network, accuracy, data, layers, minibatches, optimizers

SIZES = (784, 16, 16, 10)
SEED, ETA, BATCH_SIZE, EPOCHS = 0, 0.1, 32, 12
SHOWN = (1, 2, 3, 5, 8, 12, 18, 26, 38, 54, 76, 100, 130, 165, 205, 270, 340, 430, 550)  # steps kept, with the last
STRONGEST = 6  # pixels drawn for each neuron of the first layer: those that move its weighted input most


def hue(role, tex):
    """LaTeX in the colour of a symbol."""
    return rf"{{\class{{sym-{role}}}{{{tex}}}}}"


W, B, Z, DELTA = hue("W", "W^{[l]}"), hue("b", "b^{[l]}"), hue("z", "Z^{[l]}"), hue("delta", r"\Delta^{[l]}")
A, A_PREVIOUS, COST, RATE = hue("x", "A^{[l]}"), hue("x", "A^{[l-1]}"), hue("cost", "C"), hue("eta", r"\eta")
THETA, SUM = hue("W", r"\theta"), hue("cost", r"\mathcal L")

# phase of the film, equation as the reader sees it, where its line is, the label it carries there
LINES = (
    ("forward", f"{Z} = {W} {A_PREVIOUS} + {B}", layers.Dense.forward, "eq-layer-batch"),
    ("forward", rf"{A} = \sigma({Z})", layers.Dense.forward, "eq-activation-batch"),
    ("backward", rf"{DELTA} = \nabla_{{{A}}} {SUM} \odot \sigma'({Z})", layers.Dense.backward, "eq-bp2"),
    ("backward", rf"\nabla_{{{A_PREVIOUS}}} {SUM} = ({W})^{{\mathsf T}} {DELTA}",
     layers.Dense.backward_error, "eq-pass-back"),
    ("gradient", rf"\frac{{\partial {COST}}}{{\partial {W}}} = \tfrac1m\, {DELTA} ({A_PREVIOUS})^{{\mathsf T}}",
     layers.Dense.backward_error, "eq-bp4"),
    ("step", rf"{THETA} \leftarrow {THETA} - {RATE}\, \nabla {COST}", optimizers.SGD.update, "eq-descent-step"),
)  # fmt: skip



def source_line(function, label):
    """The line of a function's source that carries an equation's label, without the comment.

    A line that continues the one above (`z += b` after `z = W @ a`) brings it along.
    """
    lines = inspect.getsource(function).splitlines()
    found = [i for i, line in enumerate(lines) if label in line.partition("#")[2]]
    if len(found) != 1:
        raise ExtensionError(f"{function.__qualname__} must have one line with the comment {label}, has {len(found)}")
    code = lines[found[0]].partition("#")[0].strip()
    target, sign, _ = code.partition(" += ")
    above = lines[found[0] - 1].partition("#")[0].strip()
    return f"{above}; {code}" if sign and above.startswith(f"{target} = ") else code


@functools.cache
def record():
    """Train, and keep what the film shows. Returns a dict that JSON can hold."""
    digits = data.mnist_sample()
    network = Network(
        [Dense(SIZES[0], SIZES[1], "relu"), Dense(SIZES[1], SIZES[2], "relu"), Dense(SIZES[2], SIZES[3], "softmax")],
        cost="cross_entropy", rng=SEED,
    )  # fmt: skip
    optimizer, rng = SGD(eta=ETA), np.random.default_rng(SEED)
    before = accuracy(network, digits.x_test, digits.labels_test)
    last = EPOCHS * -(-digits.x_train.shape[1] // BATCH_SIZE)
    costs, frames = [], []
    for _ in range(EPOCHS):
        for x, y in minibatches(digits.x_train, digits.y_train, BATCH_SIZE, rng):
            network.forward(x, training=True)
            costs.append(network.batch_cost(y))
            network.backward(y)
            if len(costs) in (*SHOWN, last):
                frames.append(frame(network, x, y, len(costs)))
            optimizer.step(network.parameters, network.gradient)
    return {
        "sizes": SIZES,
        "costs": [round(cost, 4) for cost in costs],
        "frames": frames,
        "accuracy": [before, accuracy(network, digits.x_test, digits.labels_test)],
        "examples": [int(digits.x_train.shape[1]), int(digits.x_test.shape[1])],
    }


def frame(network, x, y, step):
    """What nnlib knows of the first digit of this mini-batch, and the weights that it met."""
    first, second, last = network.layers
    strongest = np.argsort(-np.abs(first.W * x[:, 0]), axis=1)[:, :STRONGEST]
    return {
        "step": step,
        "label": int(y[:, 0].argmax()),
        "pixels": base64.b64encode(np.round(255 * x[:, 0]).astype(np.uint8)).decode(),
        "a": [rounded(layer.a[:, 0]) for layer in network.layers],
        "delta": [rounded(layer.delta[:, 0]) for layer in network.layers],
        "W": [rounded(layer.W, 2) for layer in (second, last)],
        "strongest": strongest.tolist(),
        "strength": rounded(np.take_along_axis(first.W * x[:, 0], strongest, axis=1)),
    }


def rounded(array, decimals=3):
    """The array as nested lists of short numbers."""
    return np.round(np.asarray(array, float), decimals).tolist()


class Film(SphinxDirective):
    """The figure: canvas, the running lines, controls, read-out, and a caption whose numbers are the run's own."""

    def run(self):
        for file in [__file__, data.__file__, *(inspect.getsourcefile(line[2]) for line in LINES)]:
            self.env.note_dependency(file)  # the page is made anew when one of these changes
        film = record()
        before, after = film["accuracy"]
        m_train, m_test = film["examples"]
        caption = (
            f"nnlib trained this network, {'-'.join(map(str, SIZES))}, while this page was built: {m_train:,} digits, "
            f"{len(film['costs']):,} steps of {BATCH_SIZE} digits, learning rate {ETA}, seed {SEED}. "
            f"Shown is the first digit of {len(film['frames'])} of these steps. Blue is activation, each layer on its "
            "own scale; orange, weight times activation; red, the error on its way back; negative is dashed. "
            f"Of the {SIZES[0]} weights into each neuron of the first layer you see the {STRONGEST} that count most. "
            f"On {m_test:,} digits it had not seen, the network was right for {before:.0%} before the first step and "
            f"{after:.0%} after the last."
        )
        words = "A digit enters a network, its activations light up layer by layer, and its errors travel back."
        opening = f"""
<figure class="film" id="film">
<div class="film-stage">
<canvas role="img" aria-label="{html.escape(words)}" aria-describedby="film-readout"></canvas>
<noscript><p>The film needs JavaScript; the chapters do not.</p></noscript>
</div>
<div class="film-controls no-print">
<button type="button" class="film-play" aria-pressed="false">Play</button>
<label for="film-step">training step</label>
<input type="range" id="film-step" min="0" max="{len(film['frames']) - 1}" value="0" step="1" aria-valuetext="step 1">
</div>
<p class="film-readout" id="film-readout"></p>
"""
        listing = nodes.container(classes=["film-lines"])
        for phase, equation, function, label in LINES:
            listing += nodes.container(
                "",
                nodes.paragraph("", "", nodes.math(equation, equation)),
                nodes.paragraph("", "", nodes.literal("", source_line(function, label))),
                classes=["film-line", f"film-{phase}"],
            )
        # "</" must not end the script early
        content = json.dumps(film, separators=(",", ":")).replace("</", "<\\/")
        closing = f"""
<figcaption>{html.escape(caption)}</figcaption>
<script type="application/json" id="film-data">{content}</script>
</figure>
"""
        return [nodes.raw("", opening, format="html"), listing, nodes.raw("", closing, format="html")]


def add_script(app, pagename, templatename, context, doctree):
    """Only a page with a film loads the script that draws it."""
    if doctree is not None and any("film-lines" in node["classes"] for node in doctree.findall(nodes.container)):
        app.add_js_file("film.js", loading_method="defer")


def setup(app):
    app.add_directive("film", Film)
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
