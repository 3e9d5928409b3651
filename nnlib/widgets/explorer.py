"""Explorer: controls, a picture that follows them, and a sentence that says what the picture shows."""

import html
import io

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.style import context
from matplotlib.transforms import Bbox
from PIL import Image

from nnlib.plots import PAPER, STYLE

MOVING = {**STYLE, "axes.titley": 1.0}  # a title that need not look for its place at every move
LAYOUT = {"width": "100%", "max_width": "46rem"}


class BaseExplorer(widgets.VBox):
    """Controls, a picture and a read-out. Subclasses say in `show` how the picture is made.

    controls: ipywidgets with a `value` by name, in the order in which the keyboard visits them.
    picture: the widget that shows the picture. caption: one sentence that says what to try.
    buttons: widgets that stand before the Reset button.

    `values` has the controls' values by name, `readout` the sentence. The Reset button brings the first values
    back. A front end sends one change at a time and merges those that wait, so the latest position wins.
    An error is shown in the read-out; the last good picture stays.
    """

    running = False  # whether the picture moves by itself

    def __init__(self, controls, picture, caption, buttons=()):
        self.controls, self.picture = controls, picture
        self.initial = {name: control.value for name, control in controls.items()}
        self.message = widgets.HTML(layout=LAYOUT)
        self.reset_button = widgets.Button(description="Reset", tooltip="Back to the values you started from",
                                           layout={"width": "auto"})
        self.reset_button.on_click(lambda _: self.reset())
        for control in controls.values():
            if control.has_trait("style"):
                control.style.description_width = "8.5rem"
            control.layout.width = "100%"
            control.layout.max_width = "30rem"
            control.observe(self._moved, "value")
        self.quiet = False
        self.refresh()
        bar = widgets.HBox([*buttons, self.reset_button]) if buttons else self.reset_button
        super().__init__(
            [widgets.HTML(f"<p class='explorer-caption'>{caption}</p>", layout=LAYOUT), *map(_row, controls.values()),
             bar, self.picture, self.message],
            layout=LAYOUT,
        )
        self.add_class("explorer")

    def show(self):
        """Draw the picture for the present values, all or nothing; returns the read-out."""
        raise NotImplementedError

    @property
    def values(self):
        """The controls' present values by name."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def readout(self):
        """The sentence under the picture, as plain text."""
        return html.unescape(self.message.value.split(">", 1)[1].rsplit("</p>", 1)[0])

    def reset(self):
        """Bring every control back to its first value, and draw once."""
        self.set(**self.initial)

    def set(self, **values):
        """Move several controls, and draw once."""
        self._move(values)
        self.refresh()

    def refresh(self, before=lambda: None):
        """Draw the picture and the read-out for the present values; returns whether that went well.

        before: what is to be done first; an error in it is told like one in drawing.
        """
        try:
            before()
            text = self.show()
        except Exception as error:
            self._say(f"{type(error).__name__}: {error}", "explorer-error")
            return False
        self._say(text, "explorer-readout")
        return True

    def _move(self, values):
        self.quiet = True
        try:
            for name, value in values.items():
                self.controls[name].value = value
        finally:
            self.quiet = False

    def _moved(self, _change):
        if not self.quiet:
            self.refresh()

    def _say(self, text, kind):
        live = "off" if self.running else "polite"
        self.message.value = f"<p class='{kind}' role='status' aria-live='{live}'>{html.escape(text)}</p>"


class Explorer(BaseExplorer):
    """A picture by matplotlib, drawn anew whenever a control moves.

    controls, caption: those of BaseExplorer.
    draw: a function draw(figure, **values) that draws into an empty matplotlib Figure and returns the
        read-out, one or two plain sentences that say what the picture shows. Nothing arranges what it draws:
        it says where its Axes go, and where they go does not depend on the values.
    size: width and height of the picture in inches, 100 pixels each.

    What is to move like water is drawn on a canvas instead: nnlib.widgets.canvas.CanvasExplorer.
    """

    def __init__(self, controls, draw, caption, size=(7, 3.4)):
        self.draw = draw
        self.figure = Sheet(figsize=size, dpi=100, facecolor=PAPER, layout="none")
        self.canvas = FigureCanvasAgg(self.figure)
        super().__init__(controls, widgets.Image(format="png", layout={**LAYOUT, "height": "auto"}), caption)

    def show(self):
        with context(MOVING):
            self.figure.wipe()
            text = self.draw(self.figure, **self.values)
            self.canvas.draw()
        self.picture.value = self._png()
        return text

    def _png(self):
        # savefig would go over the whole figure twice; the picture is opaque, so its alpha can stay behind.
        pixels = np.asarray(self.canvas.buffer_rgba())[..., :3]
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "png", compress_level=3)  # larger by a tenth
        return buffer.getvalue()


class Sheet(Figure):
    """A Figure that is wiped and drawn on again: Axes asked for once more are the old ones, with their ticks.

    To make Axes and ticks takes matplotlib longer than to draw on them.
    """

    spare = ()  # Axes that wait to be asked for again

    def wipe(self):
        """Take everything off the Axes."""
        for ax in self.axes:
            for artist in (*ax.collections, *ax.images, *ax.lines, *ax.patches, *ax.texts):
                artist.remove()
            ax.containers.clear()
            if ax.get_legend():
                ax.get_legend().remove()
            ax.set_prop_cycle(None)
            ax.dataLim.set(Bbox.null())
            ax.ignore_existing_data_limits = True
            ax.set_autoscale_on(True)
        self.spare = list(self.axes)

    def add_axes(self, *place, **look):
        return self.spare.pop(0) if self.spare else super().add_axes(*place, **look)

    def add_subplot(self, *place, **look):
        return self.spare.pop(0) if self.spare else super().add_subplot(*place, **look)


def _row(control):
    """The control, with its play button before it if it has one (see player)."""
    return widgets.HBox([control.play, control], layout=LAYOUT) if hasattr(control, "play") else control


def choice(label, options, value=None):
    """A drop-down list: options as a list of names or of (name, value) pairs."""
    return widgets.Dropdown(description=label, options=options, **({} if value is None else {"value": value}))


def number(label, value, low, high, step=0.01, places=2):
    """A slider for a real number."""
    return widgets.FloatSlider(description=label, value=value, min=low, max=high, step=step,
                               readout_format=f".{places}f")


def log_number(label, value, low, high, step=0.1):
    """A slider for a positive number on a log scale: low and high are exponents of ten."""
    return widgets.FloatLogSlider(description=label, value=value, min=low, max=high, step=step,
                                  readout_format=".3g")


def whole(label, value, low, high, step=1):
    """A slider for a whole number."""
    return widgets.IntSlider(description=label, value=value, min=low, max=high, step=step)


def player(label, steps, interval=200):
    """A play button and its slider over 0, 1, ..., steps: the slider is the control, `player.play` the button."""
    slider = whole(label, 0, 0, steps)
    slider.play = widgets.Play(min=0, max=steps, interval=interval, description=label)
    widgets.link((slider.play, "value"), (slider, "value"))
    return slider
