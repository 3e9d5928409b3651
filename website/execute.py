"""Execute chapters from top to bottom, in place, in the pinned environment, so that two runs store the same bytes.

    python website/execute.py                                all chapters
    python website/execute.py chapters/03-cost.ipynb ...     some

A chapter in which a cell fails is left as it was, and the error is printed.
"""

import json
import os
import sys
from pathlib import Path

import environment
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


def execute(path):
    """Run the notebook at path and store its outputs, execution counts and widget state."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = {key: value for key, value in notebook.metadata.items() if key != "widgets"}
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    client = NotebookClient(notebook, kernel_name="python3", timeout=1800, record_timing=False,
                            coalesce_streams=True, resources={"metadata": {"path": str(path.parent)}})
    client.execute()
    notebook.metadata["language_info"] = {"name": "python"}
    text = without_place(nbformat.writes(stable_widget_ids(notebook, path.stem))) + "\n"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def stable_widget_ids(notebook, stem):
    """Name widget models by their order of appearance instead of at random."""
    state = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    text = json.dumps(notebook)
    for number, model in enumerate(state):
        text = text.replace(model, f"{stem}-{number:04d}")
    return nbformat.from_dict(json.loads(text))


def without_place(text):
    """Let tracebacks name nnlib/layers.py, not the folder this copy of the book happens to lie in."""
    root = CHAPTERS.parent
    for place in (str(root), str(root).replace(str(Path.home()), "~", 1)):  # IPython shortens the home folder
        text = text.replace(f"{place}/", "")
    return text


def main(paths):
    environment.pin()  # the kernels started below inherit it
    failed = 0
    for path in paths:
        try:
            execute(path)
            print(f"{path.name}: executed")
        except CellExecutionError as error:
            failed += 1
            print(f"{path.name}: FAILED, left as it was\n{error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    chosen = [Path(argument).resolve() for argument in sys.argv[1:]] or sorted(CHAPTERS.glob("*.ipynb"))
    raise SystemExit(main(chosen))
