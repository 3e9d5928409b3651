"""The film shows what the stored networks make, and its read-out tells it."""

import re

import numpy as np
import pytest

from nnlib import Dense, Network, data
from nnlib.widgets.gan import FILMS, FOLDER, HIT, SAMPLES, gan_film, load_film
from tests.widgets.explorers import fresh

explorer = fresh(gan_film)

READOUT = (r"Step (\d+): (\d) of 8 modes hit, ([\d.]+)% of 2,000 samples within three sigma\. "
           r"D's mean answer is ([\d.]+) on real points and ([\d.]+) on generated ones\.")


@pytest.mark.parametrize("name", [name for _, name in FILMS])
@pytest.mark.parametrize("frame", [0, 9, 23])
def test_readout_is_what_the_networks_give(explorer, name, frame):
    before = explorer.picture.value
    explorer.set(film=name, frame=frame, seed=7)
    assert explorer.picture.value != before
    with np.load(FOLDER / f"{name}-film.npz") as film:
        step, theta_G, theta_D = (film[part][frame] for part in ("step", "generator", "discriminator"))
    G = Network([Dense(2, 64, "relu"), Dense(64, 64, "relu"), Dense(64, 2, "identity")], rng=0)
    D = Network([Dense(2, 64, "relu"), Dense(64, 64, "relu"), Dense(64, 1, "sigmoid")], "binary_cross_entropy", rng=0)
    G.parameters[:], D.parameters[:] = theta_G, theta_D
    x = G.forward(np.random.default_rng(7).normal(size=(2, SAMPLES)))
    centres = np.exp(2j * np.pi * np.arange(8) / 8)
    near = np.abs((x[0] + 1j * x[1])[:, None] - centres) < 0.15
    said = re.fullmatch(READOUT, explorer.readout).groups()
    assert int(said[0]) == step
    assert int(said[1]) == (near.sum(axis=0) >= HIT).sum()
    assert float(said[2]) == pytest.approx(100 * near.sum() / SAMPLES, abs=0.06)
    assert float(said[3]) == pytest.approx(D.forward(data.ring(SAMPLES, 0.05, 7).x).mean(), abs=0.006)
    assert float(said[4]) == pytest.approx(D.forward(x).mean(), abs=0.006)


def test_the_player_runs_over_all_frames(explorer):
    frame = explorer.controls["frame"]
    assert (frame.min, frame.max) == (frame.play.min, frame.play.max) == (0, len(load_film("gan-ring").step) - 1)
    frame.play.value = 3
    assert explorer.readout.startswith("Step 100:")


def test_extremes(explorer):
    for _, name in FILMS:
        for frame in (0, 23):
            for seed in (0, 50):
                explorer.set(film=name, frame=frame, seed=seed)
                assert re.fullmatch(READOUT, explorer.readout), explorer.readout
