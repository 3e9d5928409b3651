"""The stored history of chapter 13 is what experiments/convolution.py gives: a shortened run of the same code."""

import pytest

from experiments.convolution import KEPT, RECIPES, SEEDS, run
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
    # other processors round differently, and hundreds of steps carry that along: near, not equal
    assert again["cost"][0] == pytest.approx(stored["runs"][0]["cost"][0], rel=0.05)
    assert again["accuracy"][0] == pytest.approx(stored["runs"][0]["accuracy"][0], abs=0.01)


@pytest.mark.parametrize("name", RECIPES)
def test_history_is_whole_and_every_seed_reads_99_percent(name):
    stored = data.history(name)
    for kept in stored["runs"]:
        assert len(kept["cost"]) == len(kept["accuracy"]) == RECIPES[name]["epochs"]
        hits = sum(kept["confusion"][digit][digit] for digit in range(10))
        assert sum(map(sum, kept["confusion"])) == 10_000
        assert hits / 10_000 == pytest.approx(kept["accuracy"][-1])
        assert kept["accuracy"][-1] >= 0.99  # the last epoch, which nobody chose


def test_the_kept_network_is_the_one_of_the_history(digits):
    network = Network.load(KEPT)
    share = accuracy(network, digits.x_test.reshape(1, 28, 28, -1), digits.labels_test)
    assert share == pytest.approx(data.history("convolution-lenet")["runs"][0]["accuracy"][-1], abs=0.0005)
