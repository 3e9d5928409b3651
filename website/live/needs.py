"""Which cells must have run before a cell can: worked out from the names each cell binds, changes and reads.

A widget that wakes at the first touch should not have to draw every figure above it. The analysis is a
conservative guess: the page falls back on running everything above when a reader has edited something there.
"""

import ast
import builtins
import re

MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
BUILTINS = set(dir(builtins)) | {"display"}


class Names(ast.NodeVisitor):
    """What a piece of code binds (x = ...), changes (x[0] = ..., x.fit(...), train(x)) and reads."""

    def __init__(self, pure=frozenset()):
        self.pure = pure  # functions of the notebook that change none of their arguments
        self.binds, self.changes, self.reads, self.imports = set(), set(), set(), set()
        self.later = {}  # function -> what it reads when it is called

    def inside(self, parts):
        inner = Names(self.pure)
        for part in parts:
            if part is not None:
                inner.visit(part)
        return inner

    def visit_Name(self, node):
        (self.reads if isinstance(node.ctx, ast.Load) else self.binds).add(node.id)

    def visit_Import(self, node):
        names = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        self.binds |= names
        if isinstance(node, ast.Import):
            self.imports |= names

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node):
        self.binds.add(node.name)
        for part in [*node.args.defaults, *(d for d in node.args.kw_defaults if d), *node.decorator_list]:
            self.visit(part)
        inner = self.inside(node.body)
        declared = {name for part in ast.walk(node) if isinstance(part, ast.Global) for name in part.names}
        own = parameters(node.args) | (inner.binds - declared)
        free = (inner.reads | inner.changes) - own
        self.later[node.name] = free
        if node.decorator_list:  # a decorator (interact) may well call it now
            self.reads |= free
            self.changes |= inner.changes - own

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.binds.add(node.name)
        inner = self.inside([*node.bases, *node.decorator_list, *node.body])
        self.later[node.name] = inner.reads | set().union(*inner.later.values())

    def visit_Lambda(self, node):
        inner = self.inside([node.body])
        self.reads |= inner.reads - parameters(node.args)

    def visit_comprehension_scope(self, node):
        inner = self.inside(ast.iter_child_nodes(node))
        self.reads |= inner.reads - inner.binds
        self.changes |= inner.changes - inner.binds

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_comprehension_scope

    def visit_Attribute(self, node):
        if not isinstance(node.ctx, ast.Load):
            self.change(node)
        self.generic_visit(node)

    visit_Subscript = visit_Attribute

    def visit_AugAssign(self, node):
        self.change(node.target)
        self.generic_visit(node)

    def visit_Call(self, node):
        if isinstance(node.func, ast.Attribute):
            self.change(node.func)  # rng.normal() moves the generator, net.forward() fills its layers
        elif isinstance(node.func, ast.Name) and node.func.id not in BUILTINS | self.pure:
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                self.change(argument)  # train(net, x, y) changes net
        self.generic_visit(node)

    def change(self, node):
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
            node = node.value
        if isinstance(node, ast.Name):
            self.changes.add(node.id)


def parameters(arguments):
    named = [*arguments.args, *arguments.posonlyargs, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return {argument.arg for argument in named if argument}


def parse(source):
    """The syntax tree of a cell, magics aside; None if it is not Python."""
    try:
        return ast.parse(MAGIC.sub(r"\1pass", source))
    except SyntaxError:
        return None


def pure_functions(trees):
    """Names of functions that, wherever they are defined, change none of their arguments."""
    pure, impure = set(), set()
    for tree in filter(None, trees):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                inner = Names()
                for part in node.body:
                    inner.visit(part)
                (impure if inner.changes & parameters(node.args) else pure).add(node.name)
    return frozenset(pure - impure)


class Cell:
    """A cell's names in order: `wanted` are those it takes from above, `reads` all that it reads at once."""

    def __init__(self, tree, pure):
        self.wanted, self.reads, self.binds, self.changes, self.imports = set(), set(), set(), set(), set()
        self.later = {}
        self.pure = pure
        self.walk(tree.body)

    def walk(self, statements):
        """Take statements one after the other, so that a name bound here is not wanted from above."""
        for statement in statements:
            blocks = [getattr(statement, name, []) for name in ("body", "handlers", "orelse", "finalbody")]
            if isinstance(statement, ast.For | ast.AsyncFor):
                self.take(statement.iter)
                self.take(statement.target)
            elif isinstance(statement, ast.With | ast.AsyncWith):
                for item in statement.items:
                    self.take(item)
            elif isinstance(statement, ast.If | ast.While):
                self.take(statement.test)
            elif not isinstance(statement, ast.Try | ast.ExceptHandler):
                self.take(statement)
                continue
            for block in blocks:
                self.walk(block)

    def take(self, node):
        found = Names(self.pure)
        found.visit(node)
        self.wanted |= (found.reads | found.changes) - self.binds
        self.reads |= found.reads
        self.changes |= found.changes - self.binds
        self.binds |= found.binds
        self.imports |= found.imports
        self.later |= found.later

    def wants(self, later):
        """The names it takes from above, with what the functions that it calls read: its own, too."""
        called_here = with_later(self.reads & self.later.keys(), later) - self.binds
        return with_later(self.wanted, later) | called_here


def needs(sources):
    """For each cell, the positions of the earlier cells it needs, in order.

    sources: the code cells of a notebook, top to bottom. A cell is needed when it binds or changes a name that
    is still wanted, directly or through another needed cell. A cell that cannot be parsed needs everything above.
    """
    trees = [parse(source) for source in sources]
    pure = pure_functions(trees)
    cells = [tree and Cell(tree, pure) for tree in trees]
    modules = set().union(*(cell.imports for cell in cells if cell))
    result, later = [], {}
    for position, cell in enumerate(cells):
        if cell is None:
            result.append(list(range(position)))
            continue
        later = {**later, **cell.later}
        wanted, found = cell.wants(later), []
        for earlier in range(position - 1, -1, -1):
            other = cells[earlier]
            if other and wanted & (other.binds | (other.changes - modules)):
                found.append(earlier)
                wanted = (wanted - other.binds) | other.wants(later)
        result.append(found[::-1])
    return result


def with_later(names, later):
    """The names, and what the functions among them will read when they are called."""
    names, queue = set(), list(names)
    while queue:
        name = queue.pop()
        if name not in names and name not in BUILTINS:
            names.add(name)
            queue += later.get(name, ())
    return names
