"""Start the kernel: called once by worker.js."""

import builtins
import importlib
import os
import sys

from live_kernel import comms, outputs, packs


def start(post, manifest, fetch):
    """post(json, buffers) reaches the page; fetch(pack) unpacks a package. Returns what the worker calls."""
    outputs.connect(post)
    outputs.install()
    comms.install()
    packs.install(manifest.to_py(), fetch)
    os.makedirs("/book/chapters", exist_ok=True)
    os.chdir("/book/chapters")
    sys.path.insert(0, "/book")
    builtins.input = no_input


def warm(names):
    """Import what the page is going to ask for, while the reader is still reaching for it."""
    for name in names:
        try:
            importlib.import_module({"widgets": "ipywidgets", "matplotlib": "matplotlib.pyplot"}.get(name, name))
        except Exception as error:  # the cell that imports it will show it
            print(f"{name} could not be imported ahead of time: {error!r}", file=sys.__stderr__)


def no_input(prompt=""):
    raise RuntimeError("input() cannot wait for an answer on a page: write the value into the cell instead.")
