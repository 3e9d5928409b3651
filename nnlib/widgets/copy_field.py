"""A field of text to copy from, and, if it is a link, to open one."""

from pathlib import Path

import anywidget
import traitlets


class CopyField(anywidget.AnyWidget):
    """Text with a button that copies it. text: what Python puts there.

    label, action: words above it and on the button. rows: lines that are seen at once. address: the text is the
    state of a page of the book: there a link is made of it, copying puts it into the address bar, and a page opened by
    such a link, or a link that is followed within it, is given to on_open(text), as is one pasted into the field.
    message: a line for the reader.
    """

    _esm = Path(__file__).with_name("copy_field.js")
    label = traitlets.Unicode().tag(sync=True)
    action = traitlets.Unicode().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    rows = traitlets.Int(1).tag(sync=True)
    address = traitlets.Bool(False).tag(sync=True)

    def __init__(self, label, action, rows=1, address=False, on_open=lambda text: None):
        super().__init__(label=label, action=action, rows=rows, address=address)
        self.on_msg(lambda _widget, content, _buffers: on_open(content["open"]))
