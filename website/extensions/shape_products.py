"""The products of a network drawn as rectangles, for the shapes appendix.

    ```{shape-products}
    ```

Sends one batch through a real network and draws each array with the shape it has there: the side of a rectangle
grows with the square root of the size, and its colour is that of its symbol.
"""


import numpy as np
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from nnlib import Dense, Network

SIZES, BATCH = (784, 30, 10), 32
PIXELS = 7.5  # of a side, per square root of its size


def products():
    """Each row: its title, and a list of (mathematics, shape, palette role) and of signs between them."""
    network = Network([Dense(SIZES[0], SIZES[1]), Dense(SIZES[1], SIZES[2])], cost="quadratic", rng=0)
    network.forward(np.zeros((SIZES[0], BATCH)))
    network.backward(np.zeros((SIZES[2], BATCH)))
    first, second = network.layers
    x = first.a_previous
    assert (second.W.T @ second.delta).shape == first.a.shape
    return [
        ("Forward, layer 1",
         [("Z^{[1]}", first.z.shape, "z"), "=", ("W^{[1]}", first.W.shape, "W"), "", ("X", x.shape, "x"), "+",
          ("b^{[1]}", first.b.shape, "b")]),
        ("The error, passed back from layer 2 to layer 1",
         [(r"\nabla_{A^{[1]}} \mathcal L", first.a.shape, "delta"), "=",
          (r"(W^{[2]})^{\mathsf T}", second.W.T.shape, "W"), "", (r"\Delta^{[2]}", second.delta.shape, "delta")]),
        ("The gradient of the weights",
         [(r"\partial C/\partial W^{[1]}", first.dW.shape, "W"), r"= \tfrac1m",
          (r"\Delta^{[1]}", first.delta.shape, "delta"), "", (r"X^{\mathsf T}", x.T.shape, "x")]),
        ("The gradient of the biases: the product with a column of ones is the sum along axis 1",
         [(r"\partial C/\partial b^{[1]}", first.db.shape, "b"), r"= \tfrac1m",
          (r"\Delta^{[1]}", first.delta.shape, "delta"), "", (r"\mathbf 1", (BATCH, 1), "eta")]),
    ]  # fmt: skip


class ShapeProducts(SphinxDirective):
    """Rows of rectangles with their symbols and shapes; a row wider than the page scrolls in its own box."""

    def run(self):
        return [node for title, row in products() for node in (nodes.paragraph(title, title), self.draw(row))]

    def draw(self, row):
        """One product."""
        line = nodes.container(classes=["shapes-row"])
        for item in row:
            if isinstance(item, str):
                sign = nodes.container(classes=["shapes-sign"])
                if item:
                    sign += nodes.paragraph("", "", nodes.math(item, item))
                line += sign
                continue
            symbol, shape, role = item
            high, wide = (max(8, round(PIXELS * size**0.5)) for size in shape)
            block = nodes.container(classes=["shapes-block"])
            block += nodes.raw("", f'<span class="shapes-box" style="width:{wide}px;height:{high}px;'
                               f'--role:var(--sym-{role})" aria-hidden="true"></span>', format="html")
            block += nodes.paragraph("", "", nodes.math(symbol, rf"\class{{sym-{role}}}{{{symbol}}}"))
            block += nodes.paragraph("", "", nodes.literal("", f"({shape[0]}, {shape[1]})"))
            line += block
        return line


def setup(app):
    app.add_directive("shape-products", ShapeProducts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
