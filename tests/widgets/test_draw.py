"""The drawing pad: pixels survive the journey, drawings are centred as MNIST is, the answer is the network's."""

import re

import numpy as np
import pytest

from nnlib import Network, data
from nnlib.widgets.canvas import Frame
from nnlib.widgets.draw import BAR, FOLDER, as_mnist, digit_drawing, draw_bars, from_hex, to_hex


@pytest.fixture(scope="module")
def digits():
    return data.mnist_sample()


def test_pixels_survive_the_journey(digits):
    column = digits.x_test[:, 3]
    np.testing.assert_allclose(from_hex(to_hex(column)).ravel(), column, atol=1e-7)


def test_a_test_digit_is_already_as_mnist_wants_it(digits):
    """Scaled and centred already: coming out nearly as it went in shows that the same is done to a drawing."""
    network = Network.load(FOLDER / "digits-16-16.npz")
    again = np.stack([as_mnist(column.reshape(28, 28)).ravel() for column in digits.x_test.T[:200]], axis=1)
    assert (network.predict(again) == network.predict(digits.x_test[:, :200])).mean() > 0.95


def test_where_and_how_large_you_draw_does_not_matter():
    large = np.zeros((28, 28))
    large[2:26, 12:15] = 1
    small_in_the_corner = np.zeros((28, 28))
    small_in_the_corner[1:9, 1:2] = 1
    one, other = as_mnist(large), as_mnist(small_in_the_corner)
    for picture in (one, other):
        rows, columns = np.argwhere(picture > 0.3).T
        assert np.ptp(rows) + 1 == pytest.approx(20, abs=2)
        assert (np.mean(rows), np.mean(columns)) == pytest.approx((14, 14), abs=0.6)
    assert np.abs(one - other).mean() < 0.05


def test_an_empty_pad_and_a_single_dot():
    assert (as_mnist(np.zeros((28, 28))) == 0).all()
    dot = np.zeros((28, 28))
    dot[0, 27] = 1
    assert np.isfinite(as_mnist(dot)).all()


def test_the_answer_is_the_networks(digits):
    explorer = digit_drawing()
    network = Network.load(FOLDER / "digits-16-16.npz")
    for number in (0, 7, 499):
        before = explorer.picture.value
        explorer.controls["picture"].value = number
        a = network.forward(as_mnist(digits.x_test[:, number].reshape(28, 28)).reshape(784, 1))[:, 0]
        said, share = re.match(r"The network says (\d) \(output (\d+)%\)", explorer.readout).groups()
        assert int(said) == a.argmax()
        assert int(share) == pytest.approx(100 * a.max(), abs=0.51)
        assert explorer.picture.value != before
    explorer.controls["pad"].value = "00" * 784
    assert explorer.readout == "The pad is empty: draw a digit."
    explorer.reset()
    assert explorer.controls["picture"].value == 13
    assert explorer.controls["pad"].value == to_hex(digits.x_test[:, 13])


def test_the_bars_are_the_activations_and_the_longest_output_is_told_apart(digits):
    network, frame = Network.load(FOLDER / "digits-16-16.npz"), Frame()
    draw_bars(frame, network, digits.x_test[:, 7].reshape(28, 28))
    bars = [mark for mark in frame["response"].marks if mark["kind"] == "rects" and mark["fill"]]
    network.forward(digits.x_test[:, [7]])
    activations = [layer.a[:, 0] for layer in network.layers]
    for drawn, a in zip(bars, [*activations, activations[-1].max()], strict=True):
        np.testing.assert_allclose(drawn["width"] / BAR, a, rtol=1e-5)
    assert [mark["color"] for mark in bars] == ["x", "x", "x", "W"]
    assert bars[-1]["y"] == bars[-2]["y"][activations[-1].argmax()]
