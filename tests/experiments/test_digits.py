"""The stored histories of chapter 09 are what experiments/digits.py gives: the first epoch is run again."""

import pytest

from experiments.digits import KEPT, NETWORKS, RECIPES, SEEDS, run
from nnlib import Network, accuracy, data


@pytest.fixture(scope="module")
def digits():
    return data.mnist()


@pytest.mark.parametrize("name", RECIPES)
def test_the_first_epoch_again(name, digits):
    stored = data.history(name)
    assert stored["recipe"] == RECIPES[name]
    assert [kept["seed"] for kept in stored["runs"]] == SEEDS
    again = run(SEEDS[0], digits=digits, **RECIPES[name] | {"epochs": 1})
    # other processors round differently, and thousands of steps carry that along: near, not equal;
    # and where the quadratic cost gives up whole digits and finds them again, rounding decides when
    gives_up_digits = name == "digits-nielsen-100"
    assert again["cost"][0] == pytest.approx(stored["runs"][0]["cost"][0], rel=0.15 if gives_up_digits else 0.03)
    assert again["accuracy"][0] == pytest.approx(stored["runs"][0]["accuracy"][0], abs=0.1 if gives_up_digits else 0.02)


@pytest.mark.parametrize("name", RECIPES)
def test_histories_are_whole(name):
    stored = data.history(name)
    for kept in stored["runs"]:
        assert len(kept["cost"]) == len(kept["accuracy"]) == RECIPES[name]["epochs"]
        hits = sum(kept["confusion"][digit][digit] for digit in range(10))
        assert sum(map(sum, kept["confusion"])) == 10_000
        assert hits / 10_000 == pytest.approx(kept["accuracy"][-1])


@pytest.mark.parametrize("name", KEPT)
def test_the_kept_network_is_the_one_of_the_history(name, digits):
    network = Network.load(NETWORKS / f"{name}.npz")
    share = accuracy(network, digits.x_test, digits.labels_test)
    assert share == pytest.approx(data.history(name)["runs"][0]["accuracy"][-1], abs=0.0005)
