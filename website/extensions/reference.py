"""The docstrings of nnlib are plain text, made to be read in the source; autodoc wants reStructuredText.

This extension translates on the way: what would be markup is escaped, an indented block stays as it is set,
a `name` in backticks becomes code, and so does the `name:` that begins a line about an argument.
"""

import re

ARGUMENT = re.compile(r"^(\w+(?:, \w+)*): ")  # "x, y: arrays whose last axis ..."
LATER_ARGUMENT = re.compile(r"(?<=[.)] )(\w+(?:, \w+)*): ")  # "x: inputs (n_0, m). y: targets (n_L, m)."


def translate(lines):
    """The lines of a plain docstring as lines of reStructuredText."""
    result, literal = [], False
    for line in lines:
        if not line.strip():
            result.append("")
        elif line.startswith("    "):
            if not literal:
                result += ["", ".. code-block:: none", ""]
            literal = True
            result.append(line)
        else:
            if literal or ARGUMENT.match(line):
                result.append("")  # a paragraph of its own
            literal = False
            result.append(inline(line))
    return [*result, ""]


def inline(line):
    """One line of prose: backticks and argument names as code, the rest escaped."""
    line = LATER_ARGUMENT.sub(r"`\1`: ", ARGUMENT.sub(r"`\1`: ", line))
    parts = line.split("`")
    for i, part in enumerate(parts):
        code = i % 2 == 1 and i + 1 < len(parts)
        parts[i] = f"``{part}``" if code else re.sub(r"([\\*|]|_(?!\w))", r"\\\1", part)
    return "".join(parts)


def process(app, what, name, obj, options, lines):
    """autodoc's hook: replaces the lines in place."""
    if name.startswith("nnlib"):
        lines[:] = translate(lines)


def setup(app):
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", process, priority=400)  # before napoleon
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
