"""Packages arrive when they are first imported: the worker fetches the pack that holds the module."""

import importlib
import importlib.util
import sys

from live_kernel import comms

NOT_HERE = {
    "torch", "tensorflow", "keras", "jax", "sklearn", "scipy", "pandas", "sympy", "lark", "hypothesis", "seaborn",
}  # fmt: skip


class PackFinder:
    """The last finder on sys.meta_path: asked only for what is not installed yet."""

    def __init__(self, packs, fetch):
        self.pack_of = {module: pack for pack, entry in packs.items() for module in entry["modules"]}
        self.fetch = fetch  # fetch(pack): unpack it, and what it needs, into site-packages

    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if path is not None:
            return None
        pack = self.pack_of.pop(top, None)
        if pack is None:
            if top in NOT_HERE:
                raise ModuleNotFoundError(
                    f"{top} is not part of this page's Python (NumPy, matplotlib, ipywidgets and nnlib are). "
                    "Open the chapter in Jupyter to run this cell.",
                    name=top,
                )
            return None
        self.fetch(pack)
        importlib.invalidate_caches()
        return importlib.util.find_spec(name)


class OutputPatcher:
    """Adapts ipywidgets' Output when it is first imported, so that pages without widgets never pay for it."""

    def find_spec(self, name, path=None, target=None):
        if name != "ipywidgets.widgets.widget_output":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            comms.patch_output(module)

        spec.loader.exec_module = exec_module
        return spec


def install(packs, fetch):
    sys.meta_path.insert(0, OutputPatcher())
    sys.meta_path.append(PackFinder(packs, fetch))
