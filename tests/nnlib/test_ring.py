"""The ring of eight clouds, and the count of points that lie near its centres."""

import numpy as np
import pytest

from nnlib import data


def test_each_class_lies_around_its_centre():
    points = data.ring(8000, noise=0.05, rng=3)
    assert points.x.shape == (2, 8000)
    assert points.y.shape == (8, 8000)
    assert (points.y.argmax(axis=0) == points.labels).all()
    for k in range(8):
        own = points.x[:, points.labels == k]
        assert own.mean(axis=1) == pytest.approx([np.cos(k * np.pi / 4), np.sin(k * np.pi / 4)], abs=0.01)
        assert own.std(axis=1) == pytest.approx([0.05, 0.05], abs=0.005)


def test_the_seed_decides():
    assert (data.ring(20, rng=1).x == data.ring(20, rng=1).x).all()
    assert (data.ring(20, rng=1).x != data.ring(20, rng=2).x).any()


def test_counts_are_those_of_three_sigma():
    x = np.array([[1.0, 1.0, 1.0, 0.0, 0.0], [0.0, 0.149, 0.151, -1.0, 0.0]])
    assert data.ring_counts(x, 0.05).tolist() == [2, 0, 0, 0, 0, 0, 1, 0]
    share = data.ring_counts(data.ring(20_000, 0.02, rng=0).x, 0.02).sum() / 20_000
    assert share == pytest.approx(1 - np.exp(-4.5), abs=0.003)


def test_clear_errors():
    with pytest.raises(ValueError, match="noise must be at least 0"):
        data.ring(20, noise=-1)
    with pytest.raises(ValueError, match="at least 2 points"):
        data.ring(1)
