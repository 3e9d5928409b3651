"""nbval skips widgets; this plugin compares the stored state of every widget with a fresh one, in the same run.

When the cells of a notebook have run, its kernel is asked for the state of all its widgets, and each is compared with
the one stored for the page: numbers to six digits, words exactly, pictures as figures are.
"""

import base64
import json
import math

import numpy as np
import pytest

from tests.notebooks.figures import difference

STATE = "application/vnd.jupyter.widget-state+json"
ASK = "import ipywidgets, json\nopen({path!r}, 'w').write(json.dumps(ipywidgets.Widget.get_manager_state()['state']))"


def by_order(state: dict) -> list[dict]:
    """The widgets in the order they were made (`make notebooks` names them so), called by number instead of id."""
    text = json.dumps(state)
    for number, model in enumerate(state):
        text = text.replace(model, f"#{number}#")
    return list(json.loads(text).values())


def unlike(stored, fresh, where: str = "") -> str:
    """Where two states differ first, in words; "" if they agree."""
    if isinstance(stored, dict) and isinstance(fresh, dict):
        if set(stored) != set(fresh):
            return f"{where}: {sorted(set(stored) ^ set(fresh))} on one side only"
        pairs = [(f"{where}.{key}", stored[key], fresh[key]) for key in stored]
    elif isinstance(stored, list) and isinstance(fresh, list) and len(stored) == len(fresh):
        pairs = [(f"{where}[{n}]", *pair) for n, pair in enumerate(zip(stored, fresh, strict=True))]
    elif isinstance(stored, float) and isinstance(fresh, (int, float)):
        alike = math.isclose(stored, fresh, rel_tol=1e-6, abs_tol=1e-9)
        return "" if alike else f"{where}: stored {stored}, fresh {fresh}"
    else:
        return "" if stored == fresh else f"{where}: stored {str(stored)[:200]!r}, fresh {str(fresh)[:200]!r}"
    return next((words for words in (unlike(old, new, place) for place, old, new in pairs) if words), "")


def unlike_bytes(stored: bytes, fresh: bytes, name: str = "") -> str:
    """What tells two binary values apart: pictures by their pixels, arrays of float32 to six digits.

    name: of the value; "bytes" of a canvas are shades of colour, which may be rounded to the one beside it.
    """
    if stored == fresh:
        return ""
    if stored.startswith(b"\x89PNG") and fresh.startswith(b"\x89PNG"):
        return difference(stored, fresh)[0]
    if name == "bytes" and len(stored) == len(fresh):
        shades = [np.frombuffer(data, dtype="uint8").astype(int) for data in (stored, fresh)]
        if np.abs(shades[0] - shades[1]).max() <= 1:
            return ""
    elif len(stored) == len(fresh) and len(stored) % 4 == 0:
        old, new = (np.frombuffer(data, dtype="float32") for data in (stored, fresh))
        drawn = name == "floats"  # of a canvas: nan lifts the pen
        if (drawn or np.isfinite(old).all()) and np.allclose(old, new, rtol=1e-5, atol=1e-6, equal_nan=drawn):
            return ""
    return f"{len(stored)} bytes are stored, {len(fresh)} came, and they differ"


def compare_states(stored: dict, fresh: dict) -> list[str]:
    """Every widget whose stored state is not the fresh one, in words."""
    stored, fresh = by_order(stored), by_order(fresh)
    if [widget["model_name"] for widget in stored] != [widget["model_name"] for widget in fresh]:
        return [f"{len(stored)} widgets are stored, {len(fresh)} came, or their kinds differ"]
    complaints = []
    for number, (old, new) in enumerate(zip(stored, fresh, strict=True)):
        buffers = [{tuple(b["path"]): b["data"] for b in widget.get("buffers", [])} for widget in (old, new)]
        words = unlike(old["state"], new["state"])
        if set(buffers[0]) != set(buffers[1]):
            words = words or "binary values on one side only"
        for path, data in () if words else buffers[0].items():
            words = words or unlike_bytes(base64.b64decode(data), base64.b64decode(buffers[1][path]), path[-1])
        if words:
            complaints.append(f"{old['model_name']} number {number}: {words}")
    return complaints


class StateDiffersError(Exception):
    pass


class Widgets(pytest.Item):
    """Runs after the cells of a notebook, in their kernel."""

    def runtest(self):
        path = self.config.rootpath / "_build" / f"{self.path.stem}-widgets.json"
        path.parent.mkdir(exist_ok=True)
        kernel = self.parent.kernel
        message = kernel.execute_cell_input(ASK.format(path=str(path)), allow_stdin=False)
        kernel.await_reply(message, timeout=120)
        fresh = json.loads(path.read_text(encoding="utf-8"))
        path.unlink()
        complaints = compare_states(self.parent.nb.metadata["widgets"][STATE]["state"], fresh)
        if complaints:
            raise StateDiffersError("\n".join(complaints))

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, StateDiffersError):
            return f"The widgets stored in {self.path.name} are not those its cells make now:\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::Widgets"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Let nbval's cells of a notebook be followed by its widgets."""
    from nbval.plugin import IPyNbFile

    cells = IPyNbFile.collect
    if getattr(cells, "with_widgets", False):
        return

    def collect(notebook):
        yield from cells(notebook)
        if notebook.nb.metadata.get("widgets", {}).get(STATE, {}).get("state"):
            yield Widgets.from_parent(notebook, name="Widgets")

    collect.with_widgets = True
    IPyNbFile.collect = collect
