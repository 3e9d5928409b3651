"""The stored histories of chapter 14 are what experiments/sequences.py gives: their beginning is run again."""

import numpy as np
import pytest

from experiments.sequences import KEPT, NETWORKS, RECIPES, SEEDS, STEPS_AT_ONCE, run, run_text, windows, write
from nnlib import Network, data

ADDING = [name for name in RECIPES if name.startswith("adding")]


@pytest.mark.parametrize("name", ADDING)
def test_the_first_steps_again(name):
    stored = data.history(name)
    assert stored["recipe"] == RECIPES[name]
    assert [kept["seed"] for kept in stored["runs"]] == SEEDS
    again = run(name)(SEEDS[1], **RECIPES[name] | {"steps": STEPS_AT_ONCE})
    first, after = stored["runs"][1]["error"][:2]
    assert again["error"][0] == pytest.approx(first, rel=1e-4)
    # other orders of summation round differently, and a hundred steps carry that along; the plain network with its
    # exploding gradients magnifies it
    assert again["error"][1] == pytest.approx(after, rel=0.5 if name == "adding-150-recurrent" else 0.02)
    assert again["error"][0] != pytest.approx(stored["runs"][0]["error"][0], rel=0.02), "another seed must differ"


@pytest.mark.parametrize("name", ADDING)
def test_histories_are_whole(name):
    for kept in data.history(name)["runs"]:
        assert len(kept["error"]) == 1 + RECIPES[name]["steps"] // STEPS_AT_ONCE
        assert np.isfinite(kept["error"]).all()


def test_what_the_book_says_of_the_adding_problem():
    last = {name: [kept["error"][-1] for kept in data.history(name)["runs"]] for name in ADDING}
    best = {name: [min(kept["error"]) for kept in data.history(name)["runs"]] for name in ADDING}
    assert max(last["adding-150-lstm"]) < 0.005
    assert max(last["adding-50-lstm"]) < 0.01
    for name in ("adding-150-recurrent", "adding-150-recurrent-slow"):
        assert min(best[name]) > 0.15, "near 1/6 for all seeds, at every step"
    assert max(best["adding-50-recurrent"]) < 0.1, "every seed has learned something at 50"
    for T in (50, 150):
        plain, gated = RECIPES[f"adding-{T}-recurrent"], RECIPES[f"adding-{T}-lstm"]
        assert {key for key in plain if plain[key] != gated[key]} == {"layer"}
    slow, short = RECIPES["adding-150-recurrent-slow"], RECIPES["adding-50-recurrent"]
    assert {key for key in slow if slow[key] != short[key]} == {"T"}


def test_the_kept_network_answers_as_its_history_says():
    network = Network.load(NETWORKS / "adding-150-lstm.npz")
    stored = data.history("adding-150-lstm")["runs"][0]["error"][-1]
    assert 2 * network.cost(*data.adding(150, 2000, rng=1000)) == pytest.approx(stored, rel=0.01)


def test_the_first_epoch_of_the_text_again():
    stored = data.history("text-alice")
    assert stored["recipe"] == RECIPES["text-alice"]
    again = run_text(SEEDS[0], **RECIPES["text-alice"] | {"epochs": 1})
    kept = stored["runs"][0]
    assert again["cost"] == pytest.approx(kept["cost"][:1], rel=0.01)
    assert again["held_back"] == pytest.approx(kept["held_back"][:2], rel=0.01)
    assert again["held_back"][0] == pytest.approx(np.log(67), rel=0.01), "knows nothing yet"
    assert again["sample"][0] == kept["sample"][0]
    assert len(kept["sample"]) == len(kept["held_back"]) == 1 + len(kept["cost"]) == 1 + RECIPES["text-alice"]["epochs"]


def test_the_kept_writer_is_the_one_of_the_history():
    text, network = data.text(), Network.load(NETWORKS / "text-alice.npz")
    x, y = windows(text.numbers[round(0.9 * len(text.numbers)) :], 64)
    stored = data.history("text-alice")["runs"][0]["held_back"][-1]
    assert network.cost(x, data.one_hot(y, 67)) == pytest.approx(stored, rel=1e-3)
    first, again = (write(network, text, "Alice ", 40, 0.7, np.random.default_rng(3)) for _ in range(2))
    assert first == again
    assert not network.layers[0].carrying


def test_windows_follow_each_other():
    x, y = windows(np.arange(25), 4, offset=2)
    assert x.shape == y.shape == (4, 5)
    assert x[:, 0].tolist() == [2, 3, 4, 5]
    assert x[:, 1].tolist() == [6, 7, 8, 9]
    np.testing.assert_array_equal(y, x + 1)


def test_what_is_kept_is_small():
    for name in KEPT:
        assert (NETWORKS / f"{name}.npz").stat().st_size < 1_000_000
