"""Sphinx extension: a site that would lack what `website/vendor.py` fetches is not built at all."""

from pathlib import Path

from sphinx.errors import ExtensionError


def check(app) -> None:
    """Stop with words the reader can act on, instead of a site whose mathematics and widgets are missing."""
    needed = "_static/" + app.config.mathjax_path
    if not any((Path(app.srcdir) / folder / needed).is_file() for folder in app.config.html_extra_path):
        raise ExtensionError("MathJax and the widget manager are not here yet: run `python website/vendor.py` first.")


def setup(app):
    app.connect("builder-inited", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
