"""Sphinx extension: turn chapters into pages that compute.  LIVE=0 in the environment leaves a plain reading site.

Each page made from a notebook gets its cells and what they need (in a data block), the page's script and style;
the engine is copied to live/. Every page gets a content security policy, with the hashes of its inline scripts.
"""

import ast
import base64
import hashlib
import json
import os
import re
import shutil
from html import unescape
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.console import bold
from sphinx.util.osutil import relative_uri

from website.live.needs import needs, parse

VENDORED = Path(__file__).resolve().parent.parent / "vendored" / "live"
STILL = (
    '<p class="still-widget">This is how the widget starts, and in this edition it stands still: '
    "run the chapter in Jupyter to move it.</p>"
)
VIEW = re.compile(r"""<script type=["']?application/vnd\.jupyter\.widget-view\+json""")
WIDGET_SOURCES = ("ipywidgets", "anywidget")
FIGURE_MODULES = ("matplotlib", "nnlib.plots", "nnlib.widgets")

# Why each source is allowed:
#   script: 'wasm-unsafe-eval' compiles WebAssembly, and only that; blob: is where anywidgets' own JavaScript and
#           the worker's first line come from.  No 'unsafe-eval', no 'unsafe-inline': inline scripts go by hash.
#   style:  MathJax, CodeMirror and the widgets write style elements and attributes.
#   img:    figures are data:, pictures in widgets are blob:.   connect: this site, and nothing else.
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:{hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: data:; "
    "worker-src 'self' blob:; frame-src 'none'; object-src 'none'; base-uri 'self'; form-action 'self'"
)
HANDLER = re.compile(r"""<[a-z][^<>]*?\son[a-z]+=(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
INLINE_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)


def enabled() -> bool:
    return os.environ.get("LIVE", "1") not in ("0", "", "no", "false")


def read_cells(path: Path) -> list[dict]:
    """The code cells of a notebook, in order, with what each needs."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = []
    for index, cell in enumerate(notebook["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and source.strip():
            cells.append({"index": index, "source": source, "tags": cell["metadata"].get("tags", [])})
    for cell, needed in zip(cells, needs([cell["source"] for cell in cells]), strict=True):
        cell["needs"] = [cells[position]["index"] for position in needed]
    return cells


def packs_of(cells: list[dict]) -> list[str]:
    """Which packs the page will import, so that they are fetched together; others come when first imported."""
    packs = ["numpy"]
    imported = {name for cell in cells for name in imports_of(cell["source"])}
    if any(name == m or name.startswith(m + ".") for name in imported for m in FIGURE_MODULES):
        packs.append("matplotlib")
    if any(name.startswith((*WIDGET_SOURCES, "nnlib.widgets")) for name in imported):
        packs.append("widgets")
    if any(name.startswith("tqdm") for name in imported):
        packs.append("tqdm")
    return packs


def imports_of(source: str) -> set[str]:
    found = set()
    for node in ast.walk(parse(source) or ast.Module([], [])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def mark_cells(app, doctree) -> None:
    """Give every code cell a class with its number in the notebook, by which the page's script finds it."""
    for node in doctree.findall(nodes.container):
        if node.get("nb_element") == "cell_code" and "cell_index" in node:
            node["classes"].append(f"live-cell-{node['cell_index']}")


def no_other_manager(app, config) -> None:
    if enabled():
        config.nb_ipywidgets_js = {}  # the page's own manager shows stored widgets too


def check_engine(app) -> None:
    if enabled() and app.builder.format == "html" and not (VENDORED / "manifest.json").is_file():
        raise ExtensionError(
            "Python for the pages is not here yet: run `python website/live/engine.py`, or build with LIVE=0."
        )


def add_to_page(app, pagename, templatename, context, doctree) -> None:
    if app.builder.format != "html":
        return
    if not enabled():
        context["body"] = VIEW.sub(lambda view: STILL + view[0], context.get("body", ""))
        return
    source = Path(app.srcdir) / f"{pagename}.ipynb"
    if not source.is_file() or doctree is None:
        return
    cells = read_cells(source)
    if not cells:
        return
    version = f"?v={app.config.live_release}"
    root = relative_uri(app.builder.get_target_uri(pagename), "") or "./"
    data = {
        "root": root,
        "version": version,
        "notebook": "_sources/" + context.get("sourcename", f"{pagename}.ipynb"),
        "mathjax": "_static/" + app.config.mathjax_path,
        "packs": packs_of(cells),
        "cells": cells,
    }
    block = json.dumps(data).replace("<", "\\u003c")
    context["body"] += (
        f'\n<script type="application/json" id="live-data">{block}</script>\n'
        f'<link rel="stylesheet" href="{root}live/live.css{version}">\n'
        f'<script defer src="{root}live/page.js{version}"></script>\n'
    )


def inline_hashes(html: str) -> list[str]:
    """Hashes of what the page runs from within itself: script elements, and the theme's onclick attributes."""
    texts, handlers = set(), {one or other for one, other in HANDLER.findall(html)}
    for attributes, text in INLINE_SCRIPT.findall(html):
        kind = re.search(r"""\btype\s*=\s*["']?([^"'\s>]+)""", attributes)
        runs = kind is None or kind[1] in ("module", "text/javascript", "application/javascript")
        if runs and text.strip() and not re.search(r"\bsrc\s*=", attributes):
            texts.add(text)
    digests = {hashlib.sha256(text.encode()).digest() for text in texts | {unescape(h) for h in handlers}}
    hashes = sorted(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (["'unsafe-hashes'"] if handlers else []) + hashes


def add_policy(html: str) -> str:
    """The page with its content security policy as the first thing in its head."""
    hashes = "".join(" " + each for each in inline_hashes(html))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(hashes=hashes)}">'
    return re.sub(r"(<head\b[^>]*>)", lambda head: head[1] + "\n    " + meta, html, count=1)


def finish(app, error) -> None:
    """Copy the engine, and give every page its policy."""
    if error or not enabled() or app.builder.format != "html":
        return
    print(bold("copying the pages' Python... "), end="", flush=True)
    shutil.copytree(VENDORED, Path(app.outdir) / "live", dirs_exist_ok=True)
    for page in Path(app.outdir).rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        if "Content-Security-Policy" not in html:
            page.write_text(add_policy(html), encoding="utf-8")
    write_service_worker(Path(app.outdir))
    print("done")


def write_service_worker(outdir: Path) -> None:
    """The service worker, named after all that was built: another book is another worker, and old caches go."""
    release = hashlib.sha256()
    kinds = (".html", ".css", ".js", ".json")
    for path in sorted(p for p in outdir.rglob("*") if p.suffix in kinds and p.name != "sw.js"):
        release.update(path.relative_to(outdir).as_posix().encode() + path.read_bytes())
    text = (Path(__file__).parent / "sw.js").read_text(encoding="utf-8")
    (outdir / "sw.js").write_text(text.replace("__RELEASE__", release.hexdigest()[:12]), encoding="utf-8")


def setup(app):
    app.connect("config-inited", no_other_manager, priority=900)
    app.connect("builder-inited", check_engine)
    app.connect("doctree-read", mark_cells)
    app.connect("html-page-context", add_to_page, priority=900)
    app.connect("build-finished", finish)
    manifest = VENDORED / "manifest.json"
    release = json.loads(manifest.read_text(encoding="utf-8"))["release"] if enabled() and manifest.is_file() else ""
    app.add_config_value("live_release", release, "html")  # another engine, or none: all pages are written anew
    return {"parallel_read_safe": True, "parallel_write_safe": True}
