"""Long trainings run once: `record` stores what they gave, and nnlib.data.history gives it back to a chapter."""

import json
import os
from importlib.metadata import version

from nnlib.data import FOLDER as DATA

FOLDER = DATA / "histories"


def record(name, recipe, seeds, run):
    """Call run(seed, **recipe) for each seed and store the results, all or nothing, in data/histories/<name>.json.

    recipe: numbers, strings and lists by name. run: returns a dict of numbers and lists of numbers.
    """
    runs = [{"seed": seed, **run(seed, **recipe)} for seed in seeds]
    stored = {"recipe": recipe, "nnlib": version("every-equation-runs"), "numpy": version("numpy"), "runs": runs}
    FOLDER.mkdir(exist_ok=True)
    temporary = FOLDER / f"{name}.tmp"
    temporary.write_text(json.dumps(stored) + "\n", encoding="utf-8")
    os.replace(temporary, FOLDER / f"{name}.json")
