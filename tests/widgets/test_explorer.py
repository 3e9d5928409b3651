"""What every widget by matplotlib has from Explorer: its figure is wiped and drawn on again, and nothing remains."""

from importlib import import_module

import ipywidgets as widgets
import pytest

MADE_BY = [
    "convolution.kernel_explorer", "draw.digit_drawing", "gan.gan_film", "gates.gates_explorer", "graph.graph_explorer",
    "latent.latent_walk", "optimisers.race_explorer", "overfitting.overfitting_explorer", "shapes.shape_machine",
    "softmax.softmax_explorer", "training.training_explorer", "walkthrough.walkthrough",
    "wrong_gradients.wrong_gradients_explorer",
]


def elsewhere(control):
    """A value that the control does not have."""
    if isinstance(control, widgets.Text):
        return "a letter"
    if isinstance(control, widgets.Dropdown):
        return control.options[-1][1] if isinstance(control.options[-1], tuple) else control.options[-1]
    return getattr(control, "max", control.value)


@pytest.mark.parametrize("name", MADE_BY)
def test_a_picture_is_what_it_would_be_on_new_axes(name):
    module, function = name.split(".")
    explorer = getattr(import_module(f"nnlib.widgets.{module}"), function)()
    for control in explorer.controls.values():
        control.value = elsewhere(control)
    explorer.refresh()  # once more: the training of before stays in the picture as a shadow
    on_used = explorer.picture.value, explorer.readout
    explorer.figure.clear()
    explorer.refresh()
    assert explorer.readout == on_used[1]
    assert explorer.picture.value == on_used[0]
