"""The inline back end under its real name, so that matplotlib and ipywidgets' own flush find it unchanged."""

from live_kernel import outputs
from matplotlib import _pylab_helpers, pyplot
from matplotlib.backend_bases import FigureManagerBase as FigureManager
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas
from matplotlib.backends.backend_agg import new_figure_manager

__all__ = ["FigureCanvas", "FigureManager", "flush_figures", "new_figure_manager", "set_matplotlib_formats", "show"]


def show(*_, close=True, **__):
    try:
        for manager in _pylab_helpers.Gcf.get_all_fig_managers():
            outputs.display(manager.canvas.figure)
    finally:
        if close and _pylab_helpers.Gcf.get_all_fig_managers():
            pyplot.close("all")


def flush_figures():
    show()


def set_matplotlib_formats(*formats, **keywords):
    outputs.FIGURES.update(keywords, formats=tuple(formats))
