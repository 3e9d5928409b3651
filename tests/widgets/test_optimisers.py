"""The race: the paths are those of nnlib's optimisers, the surfaces have the gradients they claim."""

import itertools
import re

import numpy as np
import pytest

from nnlib import SGD, Adam, Momentum, Nesterov, RMSProp
from nnlib.widgets.optimisers import FAR, LIMIT, STEPS, SURFACES, race_explorer, racers, walk
from tests.widgets.explorers import fresh

explorer = fresh(race_explorer)

SAYS = re.compile(r"([A-Za-z ]+?) at cost ([\d.e+-]+\d)")


@pytest.mark.parametrize("name", SURFACES)
def test_gradients_by_nudging(name):
    surface, h = SURFACES[name], 1e-6
    for theta in np.random.default_rng(0).uniform(-LIMIT, LIMIT, (5, 2)):
        nudged = [(surface.cost(theta + h * e) - surface.cost(theta - h * e)) / (2 * h) for e in np.eye(2)]
        assert surface.gradient(theta) == pytest.approx(np.array(nudged), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", SURFACES)
def test_the_stars_are_minima(name):
    surface = SURFACES[name]
    for minimum in surface.minima.T:
        assert surface.gradient(minimum) == pytest.approx(np.zeros(2))
        around = minimum[:, None] + 0.01 * np.random.default_rng(1).normal(size=(2, 50))
        assert (surface.cost(around) > surface.cost(minimum)).all()
        assert surface.cost(minimum) == pytest.approx(0)


def test_every_optimiser_of_the_library_races():
    assert [type(racer) for racer in racers(0.1, 0.2, 0.3).values()] == [SGD, Momentum, Nesterov, RMSProp, Adam]
    assert [racer.eta for racer in racers(0.1, 0.2, 0.3).values()] == [0.1, 0.1, 0.1, 0.2, 0.2]


@pytest.mark.parametrize("name", SURFACES)
def test_the_readout_is_what_the_optimisers_do(explorer, name):
    explorer.set(surface=name, eta=0.02, eta_adaptive=0.05, beta=0.7, first=-1.2, second=0.5, steps=25)
    makers = {"gradient descent": SGD(0.02), "momentum": Momentum(0.02, 0.7), "Nesterov": Nesterov(0.02, 0.7),
              "RMSProp": RMSProp(0.05), "Adam": Adam(0.05, beta1=0.7)}
    costs = {}
    for kind, optimizer in makers.items():
        theta = np.array([-1.2, 0.5])
        for _ in range(25):
            optimizer.step(theta, SURFACES[name].gradient(theta))
        costs[kind] = float(SURFACES[name].cost(theta))
    said = {kind.removeprefix(" then").strip(): float(cost) for kind, cost in
            SAYS.findall(explorer.readout.replace("After 25 steps ", "").replace("; then ", "; "))}
    assert list(said) == sorted(costs, key=costs.get)
    for kind, cost in costs.items():
        assert said[kind] == pytest.approx(cost, rel=0.06)


def test_a_walk_stops_where_it_diverges():
    path = walk(SURFACES["ravine, turned"], SGD(1.0), (1.0, 1.0), 100)
    assert path.shape[1] < 101
    assert np.abs(path[:, -1]).max() >= FAR
    assert np.abs(path[:, :-1]).max() < FAR


def test_diverged_racers_are_named(explorer):
    explorer.set(eta=1.0, steps=STEPS)
    assert "Diverged: gradient descent, momentum, Nesterov" in explorer.readout
    assert "Adam" in explorer.readout


def test_on_the_saddle_nobody_moves_sideways(explorer):
    explorer.set(surface="saddle", first=0.0, second=1.0, steps=STEPS)
    assert "at cost 0.25" in explorer.readout
    assert "1 from the nearest minimum" in explorer.readout


def test_play_moves_the_steps(explorer):
    explorer.controls["steps"].play.value = 7
    assert explorer.values["steps"] == 7
    assert "After 7 steps" in explorer.readout


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize(("eta", "eta_adaptive"), list(itertools.product((1e-3, 1.0), repeat=2)))
def test_extremes(explorer, surface, eta, eta_adaptive):
    for beta, place, steps in ((0.0, -LIMIT, STEPS), (0.98, LIMIT, 0)):
        explorer.set(surface=surface, eta=eta, eta_adaptive=eta_adaptive, beta=beta, first=place, second=LIMIT,
                     steps=steps)
        assert "Error" not in explorer.readout
        assert "nan" not in explorer.readout
