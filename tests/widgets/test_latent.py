"""The walk through the noise: points stay on the sphere, the pictures and the read-out are the networks'."""

import itertools
import re

import numpy as np
import pytest

from nnlib import Network
from nnlib.widgets.canvas import Frame
from nnlib.widgets.latent import FOLDER, STATIONS, draw_walk, latent_walk, on_sphere
from tests.widgets.explorers import fresh

explorer = fresh(latent_walk)

READOUT = r"Read as (\d) \(output (\d+)%\)\. Around the circle, every 30 degrees, the reader says ([\d ]+)\."


def test_the_corners_are_the_three_points():
    first, second, third = np.random.default_rng(5).normal(size=(3, 32, 1))
    assert on_sphere(0, 0, 5, 32) == pytest.approx(first)
    assert on_sphere(90, 0, 5, 32) == pytest.approx(second)
    assert on_sphere(33, 90, 5, 32) == pytest.approx(third)
    assert on_sphere(180, 0, 5, 32) == pytest.approx(-first)


def test_variance_stays_one():
    z = on_sphere(np.array([0, 20, 45, 70, 130]), 35, 2, 200_000)
    assert z.var(axis=0) == pytest.approx(1, abs=0.02)


def test_readout_is_what_the_networks_give(explorer):
    G, reader = (Network.load(FOLDER / f"{name}.npz") for name in ("gan-digits-generator", "digits-16-16"))
    for alpha, beta, seed in ((30, 0, 50), (142, -50, 8), (310, 24, 60)):
        before = explorer.picture.value
        explorer.set(alpha=alpha, beta=beta, seed=seed)
        first, second, third = np.random.default_rng(seed).normal(size=(3, 32, 1))
        answers = []
        for angle in np.radians([alpha, *np.arange(STATIONS) * 30]):
            flat = np.cos(angle) * first + np.sin(angle) * second
            z = np.cos(np.radians(beta)) * flat + np.sin(np.radians(beta)) * third
            answers.append(reader.forward(G.forward(z))[:, 0])
        digit, share, around = re.fullmatch(READOUT, explorer.readout).groups()
        assert int(digit) == answers[0].argmax()
        assert int(share) == pytest.approx(100 * answers[0].max(), abs=0.51)
        assert [int(k) for k in around.split()] == [answer.argmax() for answer in answers[1:]]
        if (alpha, beta, seed) != (30, 0, 50):
            assert explorer.picture.value != before


def test_the_pictures_are_the_generators_and_the_bars_the_readers():
    G, reader = (Network.load(FOLDER / f"{name}.npz") for name in ("gan-digits-generator", "digits-16-16"))
    frame = Frame()
    draw_walk(frame, 142, -50, 8)
    x = G.forward(on_sphere(np.array([60, 142]), -50, 8, 32))
    tiles, middle, _ = frame["circle"].marks
    upright = [np.reshape(mark["values"], (-1, 28, 28))[:, ::-1] / 255 for mark in (tiles, middle)]
    assert upright[0][2] == pytest.approx(x[:, 0].reshape(28, 28), abs=0.01)  # the third of every 30 degrees
    assert (tiles["x"][2] + 0.22, tiles["y"][2] + 0.22) == pytest.approx((0.5, np.sqrt(0.75)))
    assert upright[1][0] == pytest.approx(x[:, 1].reshape(28, 28), abs=0.01)
    bars, best = frame["bars"].marks
    answer = reader.forward(x[:, 1:])[:, 0]
    assert bars["width"] == pytest.approx(answer, rel=1e-5)
    assert (best["y"], best["width"]) == pytest.approx((bars["y"][answer.argmax()], answer.max()))


def test_extremes(explorer):
    for alpha, beta, seed in itertools.product((0, 360), (-90, 90), (0, 99)):
        explorer.set(alpha=alpha, beta=beta, seed=seed)
        assert re.fullmatch(READOUT, explorer.readout), explorer.readout
