"""The stored histories of chapter 16 are what experiments/wrong_gradients.py gives: their first steps are run again."""

import numpy as np
import pytest

from experiments.wrong_gradients import KEPT, NETWORKS, PRINTED, RECIPES, SEEDS, cosine, run, verdicts
from nnlib import Network, data
from tests.equations.errata import ERRATA

FULL = [name for name, recipe in RECIPES.items() if recipe["examples"] > 10_000]
PARTS = [name for name in RECIPES if name not in FULL]


@pytest.fixture(scope="module")
def digits():
    return data.mnist()


@pytest.mark.parametrize("name", RECIPES)
def test_the_first_steps_again(name, digits):
    recipe, stored = RECIPES[name], data.history(name)
    again = run(SEEDS[1], digits=digits, **recipe | {"steps": 10, "every": 10})
    kept, other = stored["runs"][1], stored["runs"][0]
    entries = 2 if recipe["every"] == 10 else 1
    for key, near in (("cost", 1e-3), ("accuracy", 2e-3), ("cosine_dW1", 2e-3), ("cosine", 2e-3)):
        assert again[key][:entries] == pytest.approx(kept[key][:entries], abs=near)
    assert again["cost"][0] != pytest.approx(other["cost"][0], abs=1e-3), "another seed must differ"


@pytest.mark.parametrize("name", RECIPES)
def test_histories_are_whole_and_of_this_recipe(name):
    stored = data.history(name)
    assert stored["recipe"] == RECIPES[name]
    assert [kept["seed"] for kept in stored["runs"]] == SEEDS
    for kept in stored["runs"]:
        entries = RECIPES[name]["steps"] // RECIPES[name]["every"] + 1
        assert {len(kept[key]) for key in ("cost", "accuracy", "cosine_dW1", "cosine")} == {entries}
        assert np.isfinite(kept["cost"]).all()
        assert kept["cost"][-1] < kept["cost"][0]


def test_what_the_book_says_of_the_accuracies():
    ends = {name: [one["accuracy"][-1] for one in data.history(name)["runs"]]
            for name in (*RECIPES, "whole-network-notes")}
    assert min(ends["wrong-19"]) > max(ends["whole-network-notes"])
    assert max(np.abs(np.subtract(ends["wrong-bias"], ends["whole-network-notes"]))) < 0.02
    assert max(ends["wrong-part-identity-mask"]) < min(ends["wrong-part-right"]) < min(ends["wrong-part-identity"])


def test_right_gradients_have_the_cosine_1_and_the_slips_have_not():
    for name in RECIPES:
        firsts = [one["cosine_dW1"][0] for one in data.history(name)["runs"]]
        wrong = RECIPES[name]["slip"] not in (None, "bias over everything")
        assert all(first < 0.95 for first in firsts) if wrong else firsts == [1.0] * 3


def test_the_kept_networks_are_those_of_the_first_seed(digits):
    for name in KEPT:
        network = Network.load(NETWORKS / f"{name}.npz")
        share = (network.predict(digits.x_test) == digits.labels_test).mean()
        assert share == pytest.approx(data.history(name)["runs"][0]["accuracy"][-1], abs=1e-3)


def test_cosine():
    assert cosine(np.array([3.0, 0.0]), np.array([2.0, 0.0])) == pytest.approx(1)
    assert cosine(np.array([3.0, 0.0]), np.array([-1.0, 1.0])) == pytest.approx(-np.sqrt(0.5))
    assert np.isnan(cosine(np.zeros(2), np.ones(2)))


def test_verdicts_of_the_printed_equations():
    stored = data.history("wrong-equations")
    assert stored["recipe"] == PRINTED
    now = verdicts(0, **PRINTED)["verdicts"]
    assert {name: bool(message) for name, message in now.items()} == dict.fromkeys(PRINTED, True)
    assert stored["runs"][0]["verdicts"].keys() == now.keys()
    assert "a factor m too much" in now["lost 1/m"]
    assert "2 times as much" in now["factor 2"]


def test_the_printed_equations_are_those_of_the_notes():
    faulty = {(latex, scene) for _, scene, latex, _ in ERRATA}
    assert {tuple(row) for row in PRINTED.values()} <= faulty
