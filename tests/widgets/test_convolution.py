"""The kernel explorer: windows, products and maps against loops of their own; every control, every extreme."""

import itertools
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnlib import Network, data
from nnlib.widgets.convolution import KERNELS, LEARNED, convolve, draw_kernel, kernel_explorer, kernel_values, picture
from tests.widgets.explorers import fresh

explorer = fresh(kernel_explorer)

READOUT = re.compile(r"Window (\d+), (\d+): its (\d+) products add up to (\S+); with the bias (\S+) that is z = "
                     r"(\S+)\. The map has (\d+) x (\d+) windows, because the last one ends at pixel (\d+) of 28 "
                     r"\+ 2 \* (\d); this is number (\d+) of (\d+)\. Over the whole map z lies "
                     r"between (\S+) and (\S+)\.$")


def said(readout):
    return [float(number) for number in READOUT.match(readout).groups()]


def by_loops(x, W, b, stride, padding):
    """The map, window by window."""
    k, n = len(W), 28 + 2 * padding
    framed = np.zeros((n, n))
    framed[padding : padding + 28, padding : padding + 28] = x
    starts = range(0, n - k + 1, stride)
    return np.array([[sum(W[p, q] * framed[u + p, v + q] for p in range(k) for q in range(k)) + b for v in starts]
                     for u in starts])


@pytest.mark.parametrize("kernel", ["vertical edges", "blur", "learned 3"])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 3), (3, 1)])
def test_map_and_readout_are_the_definition(kernel, stride, padding):
    W, b = kernel_values(kernel)
    expected = by_loops(picture(4), W, b, stride, padding)
    np.testing.assert_allclose(convolve(picture(4), W, b, stride, padding), expected, atol=1e-12)
    i, j, count, total, bias, z, rows, columns, end, d, number, windows, low, high = said(
        draw_kernel(Figure(), 4, kernel, stride, padding, 5, 7))
    assert (i, j, count, rows, columns, d) == (5, 7, W.size, *expected.shape, padding)
    assert (number, windows) == (4 * len(expected) + 7, expected.size)
    assert end == (len(expected) - 1) * stride + len(W) <= 28 + 2 * padding < end + stride
    assert z == pytest.approx(expected[4, 6], abs=6e-4)
    assert total + bias == pytest.approx(z, abs=1.6e-3)
    assert (low, high) == pytest.approx((expected.min(), expected.max()), abs=6e-4)


def test_a_position_beyond_the_last_window_is_the_last_one(explorer):
    explorer.set(stride=4, row=34, column=34)
    i, j, *_, number, windows, _, _ = said(explorer.readout)
    assert (i, j, number) == (7, 7, windows)
    explorer.reset()


def test_one_pixel_with_padding_is_the_picture():
    W, b = kernel_values("one pixel")
    np.testing.assert_allclose(convolve(picture(2), W, b, 1, 1), picture(2), atol=1e-7)


def test_learned_kernels_are_those_of_the_stored_network():
    layer = Network.load(data.FOLDER / "networks" / "convolution-lenet.npz").layers[0]
    assert layer.channels_out == LEARNED
    for number in range(LEARNED):
        W, b = kernel_values(f"learned {number + 1}")
        assert (W == layer.W[number, 0]).all()
        assert b == layer.b[number, 0, 0, 0]


def test_extremes_draw_without_error():
    for kernel, stride, padding, place in itertools.product(KERNELS, (1, 4), (0, 4), (1, 34)):
        assert np.isfinite(said(draw_kernel(Figure(), 0, kernel, stride, padding, place, place))).all()


def test_every_digit():
    sample = data.mnist_sample()
    for digit in range(10):
        assert any((sample.x_test[:, i].reshape(28, 28) == picture(digit)).all()
                   for i in np.flatnonzero(sample.labels_test == digit))
