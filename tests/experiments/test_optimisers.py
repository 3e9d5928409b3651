"""The stored races of chapter 11 are what experiments/optimisers.py gives: beginnings and one rate are run again."""

import pytest

from experiments.optimisers import GRID, LOOKS, OPTIMIZERS, RECIPES, SEEDS, TUNED_ON, best, race, run, tune
from nnlib import data


@pytest.fixture(scope="module")
def digits():
    return data.mnist_sample()


@pytest.mark.parametrize("name", RECIPES)
def test_the_first_epoch_again(name, digits):
    stored = data.history(name)
    assert {key: stored["recipe"][key] for key in RECIPES[name]} == RECIPES[name]
    assert [kept["seed"] for kept in stored["runs"]] == SEEDS
    again = run(SEEDS[0], digits=digits, **stored["recipe"] | {"epochs": 1})
    for kind in OPTIMIZERS:
        kept = stored["runs"][0]["costs"][kind]
        # other processors round differently, and the largest rates carry that along: near, not equal
        assert again["costs"][kind] == pytest.approx(kept[: LOOKS + 1], rel=0.05)


@pytest.mark.parametrize("name", RECIPES)
def test_the_rates_are_the_best_of_the_grid_on_another_seed(name):
    tuned, stored = data.history(f"{name}-tuning"), data.history(name)
    assert tuned["recipe"] == RECIPES[name] | {"grid": GRID}
    assert [kept["seed"] for kept in tuned["runs"]] == [TUNED_ON]
    assert TUNED_ON not in SEEDS
    for kind, costs in tuned["runs"][0]["costs"].items():
        assert len(costs) == len(GRID)
        assert stored["recipe"]["etas"][kind] == best(costs, GRID)
        assert best(costs, GRID) not in (GRID[0], GRID[-1]), "the grid is too narrow"


def test_one_column_of_the_tuning_again(digits):
    name, column = "optimisers-relu", 1
    again = tune(TUNED_ON, [GRID[column]], digits=digits, **RECIPES[name])["costs"]
    for kind, costs in data.history(f"{name}-tuning")["runs"][0]["costs"].items():
        assert again[kind][0] == pytest.approx(costs[column], rel=0.05)


@pytest.mark.parametrize("name", RECIPES)
def test_histories_are_whole(name):
    stored = data.history(name)
    for kept in stored["runs"]:
        for kind in OPTIMIZERS:
            assert len(kept["costs"][kind]) == 1 + LOOKS * RECIPES[name]["epochs"]
            assert 0.1 < kept["accuracy"][kind] <= 1


def test_a_race_that_diverges_is_no_error(digits):
    costs, _ = race(digits, OPTIMIZERS["momentum"](1e4), 0, [5], "relu", 32, 1)
    assert len(costs) == 1 + LOOKS
    assert not costs[-1] < 10
