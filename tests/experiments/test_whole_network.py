"""The stored histories of chapter 08 are what experiments/whole_network.py gives: their first steps are run again."""

import numpy as np
import pytest

from experiments.whole_network import RECIPES, SEEDS, run
from nnlib import data


@pytest.fixture(scope="module")
def digits():
    return data.mnist()


@pytest.mark.parametrize(("name", "epochs"), [("whole-network-notes", 3), ("whole-network-he", 3),
                                              ("whole-network-momentum", 1)])
def test_the_first_steps_again(name, epochs, digits):
    stored = data.history(name)
    again = run(SEEDS[1], digits=digits, **RECIPES[name] | {"epochs": epochs})
    kept = stored["runs"][1]
    other = stored["runs"][0]
    # a whole-batch step repeats to rounding; nearly a thousand mini-batch steps carry rounding a little further
    near = 1e-4 if epochs > 1 else 0.01
    assert again["cost"] == pytest.approx(kept["cost"][:epochs], rel=near)
    assert again["accuracy"] == pytest.approx(kept["accuracy"][:epochs], abs=0.002 if epochs > 1 else 0.01)
    assert again["cost"] != pytest.approx(other["cost"][:epochs], rel=1e-4), "another seed must differ"


@pytest.mark.parametrize("name", RECIPES)
def test_histories_are_whole_and_of_this_recipe(name):
    stored = data.history(name)
    assert stored["recipe"] == RECIPES[name]
    assert [kept["seed"] for kept in stored["runs"]] == SEEDS
    for kept in stored["runs"]:
        assert len(kept["cost"]) == len(kept["accuracy"]) == RECIPES[name]["epochs"]
        assert np.isfinite(kept["cost"]).all()
        assert kept["cost"][-1] < kept["cost"][0]


def test_the_medians_the_book_states():
    medians = [np.median([kept["accuracy"][-1] for kept in data.history(name)["runs"]]) for name in RECIPES]
    assert medians == pytest.approx([0.85, 0.90, 0.94], abs=0.006)
