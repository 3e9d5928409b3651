"""The gates explorer shows what the stored network computes, redone here by loops over single numbers."""

import itertools
import math
import re

import numpy as np
import pytest

from nnlib import Network, data
from nnlib.widgets.gates import LONGEST, SENTENCES, SHOWN, gates_explorer
from tests.widgets.explorers import fresh

explorer = fresh(gates_explorer)


def logistic(z):
    return 1 / (1 + math.exp(-z))


@pytest.fixture(scope="module")
def trained():
    return Network.load(data.FOLDER / "networks" / "text-alice.npz"), data.text()


def by_definition(network, text, sentence):
    """Per letter (i, f, o, g, c, h), each (n,), in float64; and the probabilities of the next letter."""
    lstm, output = (layer for layer in network.astype("float64").layers if layer.parameter_shapes())
    n = lstm.n_out
    h, c, steps = np.zeros(n), np.zeros(n), []
    for letter in sentence:
        z = lstm.W[:, text.alphabet.index(letter)] + lstm.U @ h + lstm.b[:, 0]
        i, f, o = (np.array([logistic(v) for v in z[block * n : (block + 1) * n]]) for block in range(3))
        g = np.tanh(z[3 * n :])
        c = f * c + i * g
        h = o * np.tanh(c)
        logits = output.W @ h + output.b[:, 0]
        powers = np.exp(logits - logits.max())
        steps.append((i, f, o, g, c, h, powers / powers.sum()))
    return steps


PATTERN = (r"At letter (\d+), '(.)', unit (\d+) keeps f = ([-\d.]+) of its cell, ([-\d.]+), and adds i = ([-\d.]+) of "
           r"g = ([-\d.]+): c = ([-\d.]+)\. Its output gate o = ([-\d.]+) shows h = ([-\d.]+)\. "
           r"Next the network expects '(.)' (\d+)%, '(.)' (\d+)%, '(.)' (\d+)%\.$")


@pytest.mark.parametrize(("sentence", "unit", "letter"), [
    (SENTENCES[0], 23, 6), (SENTENCES[1], 1, 1), (SENTENCES[2], 128, 60), ("q", 5, 3)])
def test_the_sentence_says_what_the_definition_gives(explorer, trained, sentence, unit, letter):
    explorer.set(own=sentence, unit=unit, letter=letter)
    said = re.match(PATTERN, explorer.readout)
    assert said, explorer.readout
    steps = by_definition(*trained, sentence)
    t = min(letter, len(sentence))
    i, f, o, g, c, h, p = (part if k == 6 else part[unit - 1] for k, part in enumerate(steps[t - 1]))
    before = steps[t - 2][4][unit - 1] if t > 1 else 0
    assert (int(said[1]), said[2], int(said[3])) == (t, sentence[t - 1], unit)
    numbers = [float(said[k]) for k in range(4, 11)]
    assert numbers == pytest.approx([f, before, i, g, c, o, h], abs=0.006)
    for k, rank in ((11, 0), (13, 1), (15, 2)):
        assert float(said[k + 1]) / 100 == pytest.approx(np.sort(p)[::-1][rank], abs=0.006)
        assert p[trained[1].alphabet.index(said[k])] == pytest.approx(np.sort(p)[::-1][rank], abs=1e-5)


def test_the_part_around_the_letter_is_shown(explorer):
    sentence = "a" * 20 + "b" * 20 + "c" * 20
    explorer.set(own=sentence, letter=1)
    labels = [label.get_text() for label in explorer.figure.axes[1].get_xticklabels()]
    assert labels == list(sentence[:SHOWN])
    explorer.set(letter=60)
    labels = [label.get_text() for label in explorer.figure.axes[1].get_xticklabels()]
    assert labels == list(sentence[-SHOWN:])


@pytest.mark.parametrize(("own", "message"), [
    ("route 66", "ValueError: the text has no character '6'"), ("a" * (LONGEST + 1), "a sentence of 1 to 60 letters")])
def test_what_cannot_be_read_is_said_and_the_picture_stays(explorer, own, message):
    before = explorer.picture.value
    explorer.controls["own"].value = own
    assert message in explorer.readout
    assert explorer.picture.value == before
    explorer.controls["own"].value = ""
    assert explorer.readout.startswith("At letter 6")


def test_extremes(explorer):
    for sentence, unit, letter in itertools.product(SENTENCES, (1, 128), (1, LONGEST)):
        explorer.set(sentence=sentence, unit=unit, letter=letter)
        assert re.match(PATTERN, explorer.readout), explorer.readout
