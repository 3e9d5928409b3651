"""Run one cell as IPython does: its last expression is shown, top-level await works, magics do no harm."""

import ast
import asyncio
import inspect
import linecache
import re
import sys

from live_kernel import comms, outputs
from live_kernel.shell import CONTEXT, SHELL

MAGIC = re.compile(r"^(\s*)(%%?|!)(\w*)(.*)$")
HELP = re.compile(r"^(\s*)\??([\w.]+)\?{1,2}\s*$")


def plain_python(source):
    """The cell's source with magics and `name?` rewritten, line numbers unchanged."""
    lines = source.split("\n")
    for number, line in enumerate(lines):
        if magic := MAGIC.match(line):
            indent, sign, name, rest = magic.groups()
            call = f"get_ipython().run_line_magic({name!r}, {rest.strip()!r})" if sign == "%" else "pass"
            if is_statement(lines[:number]):
                lines[number] = indent + call
        elif (asked := HELP.match(line)) and is_statement(lines[:number]):
            lines[number] = f"{asked[1]}help({asked[2]})"
    return "\n".join(lines)


def is_statement(before):
    """Whether a line after `before` starts a statement, and is not inside brackets or a string."""
    try:
        ast.parse("\n".join(before).rstrip() + "\n")
    except SyntaxError as error:
        return "expected an indented block" in str(error)
    return True


async def execute(source, cell, name):
    """Run a cell; whatever happens is shown below it. Returns whether it ended without an error.

    All cells share one context: np.set_printoptions, for one, is kept in a context variable.
    """
    return await asyncio.Task(run(source, cell, name), loop=asyncio.get_running_loop(), context=CONTEXT)


async def run(source, cell, name):
    from IPython import get_ipython

    outputs.begin(cell)
    comms.close_widgets_of(cell)
    namespace = SHELL.user_ns
    namespace.setdefault("get_ipython", get_ipython)
    file = f"<{name}>"
    try:
        source = plain_python(source)
        linecache.cache[file] = (len(source), None, [line + "\n" for line in source.split("\n")], file)
        tree = ast.parse(source, file)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
            last = ast.Expression(tree.body.pop().value)
        for part, mode in ((tree, "exec"), (last, "eval")):
            if part is None:
                continue
            value = eval(compile(part, file, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), namespace)
            if inspect.iscoroutine(value):
                value = await value
            outputs.cell = cell
            if mode == "eval" and value is not None:
                namespace["_"] = value
                outputs.display(value, kind="execute_result")
        flush_figures()
        return True
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        del outputs.captures[:]
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        outputs.show_error(error)
        return False
    finally:
        outputs.flush()


def flush_figures():
    backend = sys.modules.get("matplotlib_inline.backend_inline")
    if backend is not None:
        backend.flush_figures()
    elif "matplotlib.pyplot" in sys.modules and sys.modules["matplotlib.pyplot"].get_fignums():
        from matplotlib_inline import backend_inline

        backend_inline.flush_figures()


def complete(source, position):
    """Completions at a position of a cell, from the names that exist now: (start, [names])."""
    match = re.search(r"([A-Za-z_][\w.]*)?$", source[:position])
    path, _, prefix = (match[1] or "").rpartition(".")
    start = position - len(prefix)
    try:
        if path:
            owner = SHELL.user_ns[path.partition(".")[0]]
            for part in path.split(".")[1:]:
                owner = inspect.getattr_static(owner, part) if isinstance(owner, type) else getattr(owner, part)
            names = dir(owner)
        else:
            names = [*SHELL.user_ns, *dir(__builtins__ if inspect.ismodule(__builtins__) else object)]
    except (KeyError, AttributeError):
        return start, []
    names = [n for n in names if n.startswith(prefix) and (prefix.startswith("_") or not n.startswith("_"))]
    return start, sorted(set(names))[:200]
