"""What every widget has from its base class: each control counts, Reset undoes it, and nothing of it remains."""

from functools import cache
from importlib import import_module

import ipywidgets as widgets
import pytest

BY_MATPLOTLIB = [
    "convolution.kernel_explorer", "gan.gan_film", "gates.gates_explorer", "graph.graph_explorer",
    "optimisers.race_explorer", "overfitting.overfitting_explorer", "shapes.shape_machine", "softmax.softmax_explorer",
    "training.training_explorer", "walkthrough.walkthrough", "wrong_gradients.wrong_gradients_explorer",
]
ON_A_CANVAS = [
    "backprop.backprop_explorer", "costs.cost_explorer", "descent.descent_explorer", "draw.digit_drawing",
    "latent.latent_walk", "neuron.neuron_explorer",
]
WHERE_ALL_COUNT = {  # at the first values some controls change nothing, or nothing in words
    "backprop.backprop_explorer": {"step": 6}, "descent.descent_explorer": {"batch_size": 4},
    "graph.graph_explorer": {"step": 7}, "latent.latent_walk": {"alpha": 180},
}


@cache
def make(name):
    module, function = name.split(".")
    return getattr(import_module(f"nnlib.widgets.{module}"), function)()


def elsewhere(control):
    """A value that the control does not have, at the end of its range."""
    if isinstance(control, widgets.Text):
        return "a letter"
    if isinstance(control, widgets.Dropdown):
        values = [option[1] if isinstance(option, tuple) else option for option in control.options]
        return values[-1] if values[-1] != control.value else values[0]
    if not hasattr(control, "max"):
        return "00" * 784  # the pad, wiped
    return control.min if control.min != control.value else control.max


@pytest.mark.parametrize("name", BY_MATPLOTLIB + ON_A_CANVAS)
def test_every_control_changes_picture_and_words_and_reset_undoes_it(name):
    explorer = make(name)

    def shown():
        explorer.refresh()  # once more: the training of before stays in the picture as a shadow
        return explorer.values, explorer.picture.value, explorer.readout

    explorer.reset()
    first = shown()
    for key, control in explorer.controls.items():
        explorer.set(**WHERE_ALL_COUNT.get(name, {}))
        before = explorer.picture.value, explorer.readout
        control.value = elsewhere(control)
        assert "explorer-error" not in explorer.message.value
        assert explorer.picture.value != before[0], key
        assert explorer.readout != before[1], key
        explorer.reset_button.click()
        assert shown() == first, key


@pytest.mark.parametrize("name", BY_MATPLOTLIB)
def test_a_picture_is_what_it_would_be_on_new_axes(name):
    explorer = make(name)
    for control in explorer.controls.values():
        control.value = elsewhere(control)
    explorer.refresh()  # once more: the training of before stays in the picture as a shadow
    on_used = explorer.picture.value, explorer.readout
    explorer.figure.clear()
    explorer.refresh()
    assert explorer.readout == on_used[1]
    assert explorer.picture.value == on_used[0]
