"""A notebook whose stored output is not what its code gives fails, whatever it is that differs."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.notebooks.widget_state import STATE

ROOT = Path(__file__).resolve().parents[2]
CELLS = [
    "print(1 + 1)",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.show()",
    "import ipywidgets\nipywidgets.FloatSlider(value=0.5, description='eta')",
]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """What pytest says of one faithful notebook and of three in which one stored output was changed."""
    folder = tmp_path_factory.mktemp("planted")
    sources = {"faithful": CELLS, "other": [CELLS[1].replace("3]", "4]")]}
    for name, cells in sources.items():
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        nbformat.write(notebook, folder / f"{name}.ipynb")
    execute = [sys.executable, ROOT / "website" / "execute.py"]
    subprocess.run([*execute, *(folder / f"{name}.ipynb" for name in sources)], check=True, capture_output=True)
    faithful, other = (nbformat.read(folder / f"{name}.ipynb", as_version=4) for name in sources)
    (folder / "other.ipynb").unlink()

    changed = {name: copy.deepcopy(faithful) for name in ("faithful", "text", "figure", "widget")}
    changed["text"].cells[0].outputs[0].text = "3\n"
    changed["figure"].cells[1].outputs[-1].data["image/png"] = other.cells[0].outputs[-1].data["image/png"]
    state = changed["widget"].metadata["widgets"][STATE]["state"]
    next(model for model in state.values() if model["model_name"] == "FloatSliderModel")["state"]["value"] = 0.7
    for name, notebook in changed.items():
        nbformat.write(notebook, folder / f"{name}.ipynb")

    plugins = ["-p", "tests.notebooks.figures", "-p", "tests.notebooks.widget_state"]
    report = folder / "report.json"
    (folder / "told.py").write_text(
        "import json\nseen = {}\n"
        "def pytest_runtest_logreport(report):\n    if report.when == 'call': seen[report.nodeid] = report.outcome\n"
        f"def pytest_sessionfinish():\n    open({str(report)!r}, 'w').write(json.dumps(seen))\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-c", ROOT / "pyproject.toml", "--rootdir", folder, *plugins]
    done = subprocess.run(
        [*command, "-p", "told", *sorted(folder.glob("*.ipynb"))],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert report.is_file(), done.stdout + done.stderr
    return {nodeid.rpartition("/")[2]: result for nodeid, result in json.loads(report.read_text()).items()}


def test_a_faithful_notebook_passes(outcome):
    assert {result for name, result in outcome.items() if name.startswith("faithful")} == {"passed"}
    assert sum(name.startswith("faithful") for name in outcome) == len(CELLS) + 1


@pytest.mark.parametrize(
    "place", ["text.ipynb::Cell 0", "figure.ipynb::Cell 1", "widget.ipynb::Widgets"], ids=["text", "figure", "widget"]
)
def test_what_differs_is_caught(outcome, place):
    kind = place.partition(".")[0]
    assert [name for name, result in outcome.items() if name.startswith(kind) and result == "failed"] == [place]
