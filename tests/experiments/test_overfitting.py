"""The stored histories of chapter 12 are what experiments/overfitting.py gives: their beginnings are run again."""

import pytest

from experiments.overfitting import RECIPES, SEEDS, SEEN, VALIDATION, more_data, run
from nnlib import data

TRAININGS = [name for name in RECIPES if "epochs" in RECIPES[name]]


@pytest.fixture(scope="module")
def digits():
    return data.mnist()


def test_training_and_validation_share_no_digit():
    assert all(recipe.get("examples", 0) <= VALIDATION.start for recipe in RECIPES.values())
    assert max(RECIPES["overfitting-more-data"]["sizes"]) <= VALIDATION.start


@pytest.mark.parametrize("name", TRAININGS)
def test_the_first_epoch_again(name, digits):
    stored = data.history(name)
    assert stored["recipe"] == RECIPES[name]
    assert [kept["seed"] for kept in stored["runs"]] == SEEDS
    again = run(SEEDS[0], digits=digits, **RECIPES[name] | {"epochs": 1})
    # other processors round differently, and thousands of steps carry that along: near, not equal
    for part in SEEN:
        assert again[part][0] == pytest.approx(stored["runs"][0][part][0], rel=0.05), part
    assert again["weights"][0] == pytest.approx(stored["runs"][0]["weights"][0], rel=0.01)


@pytest.mark.parametrize("name", TRAININGS)
def test_histories_are_whole(name):
    for kept in data.history(name)["runs"]:
        for part in (*SEEN, "weights"):
            assert len(kept[part]) == RECIPES[name]["epochs"]
        assert kept["test_accuracy"] == pytest.approx(kept["validation_accuracy"][-1], abs=0.02)


def test_the_smallest_set_again(digits):
    name = "overfitting-more-data"
    stored = data.history(name)
    assert stored["recipe"] == RECIPES[name]
    again = more_data(SEEDS[0], digits=digits, **RECIPES[name] | {"sizes": [500]})
    kept = stored["runs"][0]
    assert again["train_accuracy"][0] == kept["train_accuracy"][0] == 1
    assert again["validation_accuracy"][0] == pytest.approx(kept["validation_accuracy"][0], abs=0.01)
    assert all(len(run[part]) == len(RECIPES[name]["sizes"]) for run in stored["runs"] for part in SEEN)
