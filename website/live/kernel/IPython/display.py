"""`IPython.display` in the page: the same names, sent to the page instead of to a Jupyter front end."""

import base64
from pathlib import Path

from live_kernel import outputs

__all__ = [
    "HTML", "JSON", "SVG", "Code", "DisplayHandle", "DisplayObject", "Image", "Javascript", "Latex", "Markdown",
    "Math", "Pretty", "TextDisplayObject", "clear_output", "display", "update_display",
]  # fmt: skip


def display(*objects, include=None, exclude=None, metadata=None, transient=None, display_id=None, raw=False, **_):
    if display_id is True:
        display_id = f"display-{id(objects)}"
    for thing in objects:
        outputs.display(thing, raw=raw, display_id=display_id, metadata=metadata)
    return DisplayHandle(display_id) if display_id is not None else None


def update_display(thing, *, display_id, raw=False, **_):
    outputs.display(thing, raw=raw, display_id=display_id, update=True)


def clear_output(wait=False):
    outputs.emit({"output_type": "clear_output", "wait": bool(wait)})


class DisplayHandle:
    def __init__(self, display_id=None):
        self.display_id = display_id or f"display-{id(self)}"

    def display(self, thing, **keywords):
        display(thing, display_id=self.display_id, **keywords)

    def update(self, thing, **keywords):
        update_display(thing, display_id=self.display_id, **keywords)


class DisplayObject:
    mime = "text/plain"

    def __init__(self, data=None, url=None, filename=None, metadata=None):
        if data is None and filename is not None:
            data = Path(filename).read_text(encoding="utf-8")
        self.data, self.url, self.filename, self.metadata = data, url, filename, metadata or {}

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {self.mime: self.data, "text/plain": repr(self)}, self.metadata

    def __repr__(self):
        return f"<IPython.core.display.{type(self).__name__} object>"


class TextDisplayObject(DisplayObject):
    pass


class Pretty(TextDisplayObject):
    def __repr__(self):
        return self.data


class HTML(TextDisplayObject):
    mime = "text/html"


class Markdown(TextDisplayObject):
    mime = "text/markdown"


class Latex(TextDisplayObject):
    mime = "text/latex"


class SVG(DisplayObject):
    mime = "image/svg+xml"


class Javascript(TextDisplayObject):
    mime = "application/javascript"


class JSON(DisplayObject):
    mime = "application/json"


class Code(TextDisplayObject):
    mime = "text/plain"

    def __repr__(self):
        return self.data


class Math(TextDisplayObject):
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/latex": "$\\displaystyle " + self.data.strip("$") + "$", "text/plain": repr(self)}, {}


class Image(DisplayObject):
    def __init__(self, data=None, url=None, filename=None, format="png", width=None, height=None, **_):
        if data is None and filename is not None:
            data = Path(filename).read_bytes()
        self.data, self.url, self.metadata = data, url, {}
        self.format, self.width, self.height = format, width, height

    def _repr_mimebundle_(self, include=None, exclude=None):
        mime = "image/jpeg" if self.format in ("jpg", "jpeg") else f"image/{self.format}"
        size = {name: value for name, value in (("width", self.width), ("height", self.height)) if value}
        return {mime: base64.b64encode(self.data).decode(), "text/plain": repr(self)}, {mime: size}
