"""The stored histories of chapter 15 are what experiments/gan.py gives: the beginning of each recipe is run again."""

import numpy as np
import pytest

from experiments.gan import (
    FRAMES,
    KEPT,
    NETWORKS,
    PICTURES,
    RECIPES,
    SEEDS,
    discriminator_step,
    generator_step,
    ring_networks,
    run_digits,
    run_ring,
    train_gan,
)
from nnlib import Adam, Dense, Network, data

RINGS = [name for name in RECIPES if name.startswith("gan-ring")]


@pytest.mark.parametrize("name", RINGS)
def test_the_first_steps_on_the_ring_again(name):
    stored = data.history(name)
    assert stored["recipe"] == RECIPES[name]
    again, kept, other = run_ring(1, **RECIPES[name] | {"steps": 100}), stored["runs"][1], stored["runs"][0]
    assert again["step"] == kept["step"][:4] == [0, 25, 50, 100]
    # other processors round differently, and two networks that chase each other carry that along: near, not equal
    for cost in ("cost_D", "cost_G"):
        assert again[cost] == pytest.approx(kept[cost][:3], rel=0.02)
        assert again[cost] != pytest.approx(other[cost][:3], rel=0.02), "another seed must differ"
    assert np.abs(np.subtract(again["hits"], kept["hits"][:4])).max() <= 20


def test_the_first_steps_on_digits_again():
    name = "gan-digits"
    stored = data.history(name)
    assert stored["recipe"] == RECIPES[name]
    again, kept = run_digits(1, **RECIPES[name] | {"steps": 150}), stored["runs"][1]
    assert again["step"] == [0, 150]
    for cost in ("cost_D", "cost_G"):
        assert again[cost][0] == pytest.approx(kept[cost][0], rel=0.02)
    assert again["sure"] == pytest.approx(kept["sure"][:2], abs=0.05)
    assert again["spread"] == pytest.approx(kept["spread"][:2], abs=0.01)


@pytest.mark.parametrize("name", RINGS)
def test_ring_histories_are_whole(name):
    stored = data.history(name)
    assert [kept["seed"] for kept in stored["runs"]] == SEEDS
    for kept in stored["runs"]:
        assert kept["step"] == FRAMES
        assert np.shape(kept["hits"]) == (len(FRAMES), 8)
        assert len(kept["cost_D"]) == len(kept["cost_G"]) == len(FRAMES) - 1
        assert np.isfinite([*kept["cost_D"], *kept["cost_G"]]).all()
        share = data.ring_counts(np.array(kept["points"]), stored["recipe"]["sigma"]).sum() / 500
        assert share == pytest.approx(sum(kept["hits"][-1]) / 2000, abs=0.05), "the stored points are of the last step"


def test_what_the_book_says_of_the_rings():
    for kept in data.history("gan-ring")["runs"]:
        assert min(kept["hits"][-1]) >= 20
        assert sum(kept["hits"][-1]) >= 0.75 * 2000
    for kept in data.history("gan-ring-collapse")["runs"]:
        assert sum(count >= 20 for count in kept["hits"][-1]) <= 2


@pytest.mark.parametrize("name", [name for name in KEPT if name in RINGS])
def test_the_film_is_the_one_of_the_history(name):
    kept = data.history(name)["runs"][0]
    recipe = RECIPES[name]
    z = np.random.default_rng(1000).normal(size=(recipe["noise"], 2000))
    G, _ = ring_networks(recipe["noise"], recipe["hidden"], rng=0)
    with np.load(NETWORKS / f"{name}-film.npz") as film:
        assert film["step"].tolist() == kept["step"]
        for parameters, hits in zip(film["generator"], kept["hits"], strict=True):
            G.parameters[:] = parameters
            # parameters are stored with eleven bits: points at the rim of a circle may change sides
            assert np.abs(data.ring_counts(G.forward(z), recipe["sigma"]) - hits).max() <= 40


def test_digits_are_whole_and_the_kept_generator_is_theirs():
    stored = data.history("gan-digits")
    assert [kept["seed"] for kept in stored["runs"]] == SEEDS
    for kept in stored["runs"]:
        assert kept["step"] == PICTURES
        assert all(sum(read) == 1000 for read in kept["read"])
        assert len(kept["cost_D"]) == len(kept["cost_G"]) == stored["recipe"]["steps"] // 100
    G = Network.load(NETWORKS / "gan-digits-generator.npz")
    reader = Network.load(NETWORKS / "digits-16-16.npz")
    x = G.forward(np.random.default_rng(1000).normal(size=(stored["recipe"]["noise"], 1000)))
    read = np.bincount(reader.forward(x).argmax(axis=0), minlength=10)
    assert np.abs(read - stored["runs"][0]["read"][-1]).max() <= 3
    with np.load(NETWORKS / "gan-digits-pictures.npz") as file:
        assert file["step"].tolist() == PICTURES
        assert file["pictures"].shape == (len(PICTURES), 784, 16)
        assert np.abs(file["pictures"][-1] / 255 - x[:, :16]).max() < 0.01


@pytest.fixture
def pair():
    rng = np.random.default_rng(7)
    G = Network([Dense(3, 5, "tanh"), Dense(5, 2, "identity")], rng=rng, dtype="float64")
    D = Network([Dense(2, 4, "tanh"), Dense(4, 1, "sigmoid")], "binary_cross_entropy", rng=rng, dtype="float64")
    return G, D, rng.normal(size=(3, 9)), rng.normal(size=(2, 9))


class Keep:
    """An optimiser that makes no step and keeps the gradient."""

    def step(self, parameters, gradient):
        self.gradient = gradient.copy()


def slopes(function, parameters, h=1e-5):
    result = np.empty_like(parameters)
    for j, value in enumerate(parameters.copy()):
        parameters[j] = value + h
        above = function()
        parameters[j] = value - h
        result[j] = (above - function()) / (2 * h)
        parameters[j] = value
    return result


@pytest.mark.parametrize("minimax", [False, True])
def test_the_generators_gradient_is_that_of_its_cost(pair, minimax):
    G, D, z, _ = pair

    def cost():
        said = D.forward(G.forward(z))
        return np.log(1 - said).mean() if minimax else -np.log(said).mean()

    before, keep = D.parameters.copy(), Keep()
    reported = generator_step(G, D, keep, z, minimax)
    assert keep.gradient == pytest.approx(slopes(cost, G.parameters), abs=1e-9)
    assert (D.parameters == before).all(), "the step of G must not move D"
    assert reported == pytest.approx(-np.log(D.forward(G.forward(z))).mean())


def test_the_discriminators_gradient_is_that_of_its_cost(pair):
    G, D, z, x = pair
    fake = G.forward(z)

    def cost():
        return -(np.log(D.forward(x)) + np.log(1 - D.forward(fake))).mean()

    before, keep = G.parameters.copy(), Keep()
    assert discriminator_step(D, keep, x, fake) == pytest.approx(cost())
    assert 2 * keep.gradient == pytest.approx(slopes(cost, D.parameters), abs=1e-9)  # batch_cost is half of it
    assert (G.parameters == before).all(), "the step of D must not move G"


def test_one_step_of_each_is_train_gan(pair):
    G, D, _, _ = pair
    twin_G, twin_D = G.astype("float64"), D.astype("float64")
    draw = lambda m, rng: data.ring(m, 0.05, rng).x  # noqa: E731
    ((step, cost_D, cost_G),) = train_gan(G, D, draw, 1, 8, 0.01, 0.02, 0.5, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    fake = twin_G.forward(rng.normal(size=(3, 8)))
    assert cost_D == discriminator_step(twin_D, Adam(0.02, 0.5), draw(8, rng), fake)
    assert cost_G == generator_step(twin_G, twin_D, Adam(0.01, 0.5), rng.normal(size=(3, 8)))
    assert step == 1
    assert (G.parameters == twin_G.parameters).all()
    assert (D.parameters == twin_D.parameters).all()
