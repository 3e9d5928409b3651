"""What libraries expect of `get_ipython()`: a namespace, a display formatter, events, a way to show errors."""

import contextvars
import sys

from live_kernel import outputs


class Events:
    def __init__(self):
        self.callbacks = {}

    def register(self, name, function):
        self.callbacks.setdefault(name, []).append(function)

    def unregister(self, name, function):
        self.callbacks[name].remove(function)

    def trigger(self, name, *arguments):
        for function in list(self.callbacks.get(name, ())):
            function(*arguments)


class DisplayFormatter:
    def format(self, thing, include=None, exclude=None):
        return outputs.format_value(thing)


class Shell:
    def __init__(self):
        self.user_ns = {"__name__": "__main__", "__builtins__": __builtins__}
        self.events = Events()
        self.display_formatter = DisplayFormatter()
        self.config = {}

    def showtraceback(self, exc_tuple=None, **_):
        outputs.show_error((exc_tuple or sys.exc_info())[1])

    def run_line_magic(self, name, line="", *_):
        if name == "config":
            configure(line)


def configure(line):
    """`%config InlineBackend.figure_formats = ["retina"]` and its like; the rest of %config means nothing here."""
    target, _, value = line.partition("=")
    name = target.strip().removeprefix("InlineBackend.")
    if name in ("figure_format", "figure_formats"):
        value = eval(value, {})
        outputs.FIGURES["formats"] = (value,) if isinstance(value, str) else tuple(value)
    elif name == "print_figure_kwargs":
        outputs.FIGURES.update(eval(value, {}))


SHELL = Shell()
CONTEXT = contextvars.copy_context()  # what cells and callbacks run in
