"""The library reads from top to bottom: a module imports only modules above it, and the core only NumPy."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import nnlib

FOLDER = Path(nnlib.__file__).parent
ORDER = ["activations", "initializers", "costs", "layers", "convolution", "recurrent", "network", "optimizers",
         "training", "gradients", "data"]
OUTSIDE = ["exercises", "plots", "widgets"]  # not imported by nnlib/__init__


def imports(path):
    """The modules a file imports, as dotted names: nnlib.data also for `from nnlib import data`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: write imports out in full"
            if node.module == "nnlib":
                yield from (f"nnlib.{alias.name}" for alias in node.names)
            else:
                yield node.module


def test_every_module_has_its_place():
    assert {path.stem for path in FOLDER.glob("*.py")} == {*ORDER, *OUTSIDE, "__init__"} - {"widgets"}


@pytest.mark.parametrize("name", ORDER)
def test_a_module_imports_only_modules_above_it(name):
    above = {f"nnlib.{module}" for module in ORDER[: ORDER.index(name)]}
    own = {module for module in imports(FOLDER / f"{name}.py") if module.split(".")[0] == "nnlib"}
    assert own <= above


@pytest.mark.parametrize("name", [*ORDER, "__init__"])
def test_the_core_needs_numpy_and_the_standard_library_only(name):
    roots = {module.split(".")[0] for module in imports(FOLDER / f"{name}.py")}
    assert roots <= {"numpy", "nnlib"} | sys.stdlib_module_names


def test_importing_nnlib_imports_neither_figures_nor_widgets():
    code = "import sys, nnlib; print(sorted({'matplotlib', 'ipywidgets', 'scipy'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def public():
    for name in ORDER:
        module = __import__(f"nnlib.{name}", fromlist=[name])
        yield module.__name__, module
        for key, value in vars(module).items():
            if not key.startswith("_") and getattr(value, "__module__", None) == module.__name__:
                yield f"{name}.{key}", value
                if inspect.isclass(value):
                    yield from ((f"{name}.{key}.{k}", v) for k, v in vars(value).items()
                                if inspect.isfunction(v) and not k.startswith("_"))


def test_everything_public_has_a_docstring():
    bare = [name for name, thing in public() if callable(thing) or inspect.ismodule(thing) if not inspect.getdoc(thing)]
    assert bare == []


def test_each_module_can_be_read_in_a_sitting():
    lengths = {path.stem: len(path.read_text().splitlines()) for path in FOLDER.glob("*.py")}
    assert max(lengths.values()) <= 320, lengths
