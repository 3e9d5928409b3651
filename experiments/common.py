"""Long trainings run once: `record` stores what they gave in data/histories/, `load` gives it back to a chapter."""

import json
import os
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "data" / "histories"


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


def load(name):
    """What record stored under this name: a dict with recipe, nnlib, numpy and runs, one run per seed.

    Raises FileNotFoundError, saying which names there are, if there is no such history.
    """
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        names = ", ".join(sorted(path.stem for path in FOLDER.glob("*.json")))
        raise FileNotFoundError(f"no history {name!r}: there are {names or 'none yet'}. See experiments/")
    return json.loads(path.read_text(encoding="utf-8"))
