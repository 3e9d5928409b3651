"""The gates of one unit of a trained LSTM, letter by letter along a sentence."""

from functools import lru_cache

import numpy as np

from nnlib import Network, data
from nnlib.activations import Softmax
from nnlib.plots import INK, INK_MAP, LINE, MUTED, PALETTE, PAPER, SIGNED
from nnlib.widgets.explorer import Explorer, choice, whole

SENTENCES = ("Alice was beginning to get very tired", "`Off with her head!' said the Queen.",
             "the Mock Turtle sighed deeply", "a very very very very long word")
LONGEST, SHOWN = 60, 26  # letters that are read, and columns that fit into the picture
UNIT = 23  # its cell sinks over the first letters of a word
ROWS = ("input i", "forget f", "output o", "candidate g")


@lru_cache(maxsize=1)
def writer():
    """The stored network that writes Alice, and its text."""
    return Network.load(data.FOLDER / "networks" / "text-alice.npz"), data.text()


@lru_cache(maxsize=16)
def read(sentence):
    """What the network does while it reads: gates (T, 4, n), cell c and state h (T + 1, n), the next letter (V, T)."""
    network, text = writer()
    lstm, output = network.layers[0], network.layers[-1]
    network.forward(text.encode(sentence).reshape(-1, 1))
    expected = Softmax()(output.z.astype(float))
    return lstm.gates[..., 0].copy(), lstm.c[..., 0].copy(), lstm.h[..., 0].copy(), expected


def draw_gates(figure, sentence, unit=UNIT, letter=1):
    """Draw gates, candidate, cell and state of one unit over the letters; returns the read-out.

    unit and letter count from 1. Of a long sentence the part around the letter is shown.
    Raises ValueError for a sentence that is empty, too long, or has a character that the book does not have.
    """
    if not 1 <= len(sentence) <= LONGEST:
        raise ValueError(f"a sentence of 1 to {LONGEST} letters, please: this one has {len(sentence)}")
    gates, c, h, expected = read(sentence)
    t, k = min(letter, len(sentence)), unit - 1
    start = max(0, min(t - SHOWN // 2, len(sentence) - SHOWN))
    shown = slice(start, start + SHOWN)
    columns = np.arange(len(sentence[shown]))
    figure.set_layout_engine("none")  # the places are known: arranging them anew at every move takes time
    above, below = figure.add_axes((0.15, 0.52, 0.84, 0.41)), figure.add_axes((0.15, 0.09, 0.84, 0.38))
    for rows, cmap, low in (((0, 1, 2), INK_MAP, 0), ((3,), SIGNED, -1)):
        above.imshow(gates[shown, rows, k].T, cmap=cmap, vmin=low, vmax=1, aspect="auto", interpolation="nearest",
                     extent=(-0.5, len(columns) - 0.5, rows[-1] + 0.5, rows[0] - 0.5))
    above.hlines((0.5, 1.5, 2.5), -0.5, len(columns) - 0.5, color=PAPER, linewidth=4)
    above.set(xlim=(-0.5, len(columns) - 0.5), ylim=(3.5, -0.5), xticks=(), yticks=range(4), yticklabels=ROWS)
    above.set_title(f"unit {unit}; gates: white 0, black 1; candidate: orange -1, blue 1", fontsize=10)
    values = c[1:][shown, k]
    below.bar(columns, values, color=np.where(values < 0, PALETTE["W"], PALETTE["x"]), label="cell c")
    below.plot(columns, h[1:][shown, k], color=INK, marker="o", markersize=3, linewidth=1.2, label="state h")
    below.axhline(0, color=INK, linewidth=0.8)
    below.set(ylabel="c, h", xlim=(-0.5, len(columns) - 0.5))
    below.legend(ncols=2, loc="lower right", bbox_to_anchor=(1, 0.98), borderaxespad=0)  # between the two panels
    below.set_xticks(columns, [letter.replace(" ", "␣") for letter in sentence[shown]], fontsize=12, color=INK)
    for axes in (above, below):
        axes.axvspan(t - 1 - start - 0.5, t - 1 - start + 0.5, fill=False, edgecolor=PALETTE["delta"], linewidth=1.8)
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.spines[:].set_color(LINE if axes is above else MUTED)
    i, f, o, g = gates[t - 1, :, k] + 0.0
    before, after = c[t - 1 : t + 1, k]
    best = expected[:, t - 1].argsort()[::-1][:3]
    alphabet = writer()[1].alphabet
    guesses = ", ".join(f"'{alphabet[v]}' {expected[v, t - 1]:.0%}" for v in best)
    return (f"At letter {t}, '{sentence[t - 1]}', unit {unit} keeps f = {f:.2f} of its cell, {before:.2f}, and adds "
            f"i = {i:.2f} of g = {g:.2f}: c = {after:.2f}. Its output gate o = {o:.2f} shows h = {h[t, k]:.2f}. "
            f"Next the network expects {guesses}.")


def gates_explorer():
    """A sentence, a unit and a letter: watch what the cell keeps, adds and shows."""
    import ipywidgets as widgets

    controls = {
        "sentence": choice("sentence", SENTENCES),
        "own": widgets.Text(description="or your own", placeholder=f"up to {LONGEST} letters",
                            continuous_update=False),
        "unit": whole("hidden unit", UNIT, 1, writer()[0].layers[0].n_out),
        "letter": whole("letter", 6, 1, LONGEST),
    }
    return Explorer(
        controls,
        lambda figure, sentence, own, unit, letter: draw_gates(figure, own or sentence, unit, letter),
        "Move the letter through a word: the cell of unit 23 sinks, and a space lifts it. "
        "Look for a unit that reacts to vowels, then one whose forget gate stays black.",
        size=(6.4, 4.4),
    )
