"""The comparison of widgets can fail."""

import base64
import copy

import numpy as np
import pytest

from tests.notebooks.widget_state import compare_states, unlike_bytes


def packed(values) -> str:
    return base64.b64encode(np.array(values, dtype="float32").tobytes()).decode()


def states(name: str) -> dict:
    """A slider and a box that holds it, as the kernel tells them, under ids that are never the same twice."""
    slider = {"value": 0.5, "description": "eta", "_view_count": None}
    return {
        f"{name}1": {"model_name": "FloatSliderModel", "state": slider},
        f"{name}2": {
            "model_name": "BoxModel",
            "state": {"children": [f"IPY_MODEL_{name}1"]},
            "buffers": [{"path": ["field"], "encoding": "base64", "data": packed([1.0, 2.0])}],
        },
    }


def test_ids_do_not_matter():
    assert compare_states(states("a"), states("b")) == []


def test_the_last_digits_do_not_matter():
    fresh = states("b")
    fresh["b1"]["state"]["value"] = 0.5 + 1e-12
    fresh["b2"]["buffers"][0]["data"] = packed([1.0, 2.0 + 1e-6])
    assert compare_states(states("a"), fresh) == []


@pytest.mark.parametrize(
    ("model", "key", "value"),
    [("b1", "value", 0.6), ("b1", "description", "rate"), ("b2", "children", ["IPY_MODEL_b2"])],
)
def test_a_changed_value_is_caught(model, key, value):
    fresh = states("b")
    fresh[model]["state"][key] = value
    assert key in " ".join(compare_states(states("a"), fresh))


def test_a_changed_array_is_caught():
    fresh = copy.deepcopy(states("b"))
    fresh["b2"]["buffers"][0]["data"] = packed([1.0, 2.1])
    assert "differ" in " ".join(compare_states(states("a"), fresh))


def test_a_canvas_may_round_a_shade_and_lift_its_pen():
    line = np.array([1.0, np.nan, 2.0], dtype="float32")
    assert unlike_bytes(line.tobytes(), (line * np.float32(1 + 1e-6)).tobytes(), "floats") == ""
    assert unlike_bytes(line.tobytes(), line[::-1].tobytes(), "floats")
    assert unlike_bytes(line.tobytes(), np.nan_to_num(line).tobytes(), "floats")
    assert unlike_bytes(bytes([7, 0, 255]), bytes([8, 0, 254]), "bytes") == ""
    assert unlike_bytes(bytes([7, 0, 255]), bytes([9, 0, 255]), "bytes")


def test_a_missing_widget_is_caught():
    fresh = states("b")
    del fresh["b1"]
    assert compare_states(states("a"), fresh) == ["2 widgets are stored, 1 came, or their kinds differ"]
