"""The few IPython names that ipywidgets, anywidget, tqdm and the chapters ask for, answered by the page's kernel.

Only `IPython.lib.pretty` is IPython's own file (added when the engine is built).
"""

from live_kernel.shell import SHELL

from . import display as _display

version_info = (9, 0, 0)
__version__ = "9.0.0"
display = _display.display


def get_ipython():
    return SHELL
