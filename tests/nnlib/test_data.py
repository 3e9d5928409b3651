"""Data: the digits are the digits, files that are not say so, toy sets are what they claim."""

import hashlib
import runpy
import shutil

import numpy as np
import pytest

from nnlib import data

RAW = {
    "images_train": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "labels_train": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "images_test": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "labels_test": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


@pytest.mark.parametrize(("name", "header"), [
    ("images_train", [2051, 60000, 28, 28]), ("labels_train", [2049, 60000]),
    ("images_test", [2051, 10000, 28, 28]), ("labels_test", [2049, 10000]),
])
def test_the_stored_digits_are_the_original_files(name, header):
    """The raw IDX file, rebuilt from the stored array, has the published SHA-256."""
    with np.load(data.FOLDER / "mnist.npz") as file:
        raw = np.array(header, ">i4").tobytes() + file[name].tobytes()
    assert hashlib.sha256(raw).hexdigest() == RAW[name]


def test_mnist():
    digits = data.mnist()
    assert digits.x_train.shape == (784, 60000)
    assert digits.y_train.shape == (10, 60000)
    assert digits.labels_train.shape == (60000,)
    assert digits.x_test.shape == (784, 10000)
    assert digits.y_test.shape == (10, 10000)
    assert digits.labels_test.shape == (10000,)
    assert digits.x_train.dtype == digits.y_train.dtype == np.float32
    assert (digits.x_train.min(), digits.x_train.max()) == (0, 1)
    assert digits.labels_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert (digits.y_train.argmax(axis=0) == digits.labels_train).all()
    assert digits.x_train.T.flags.c_contiguous  # the layout that mini-batches are gathered from fastest


def test_the_sample_is_balanced_and_taken_from_mnist():
    digits, extract = data.mnist(), data.mnist_sample()
    assert extract.x_train.shape == (784, 2000)
    assert extract.x_test.shape == (784, 500)
    assert np.bincount(extract.labels_train).tolist() == [200] * 10
    assert np.bincount(extract.labels_test).tolist() == [50] * 10
    threes = digits.x_train[:, digits.labels_train == 3]
    assert (extract.x_train[:, extract.labels_train == 3] == threes[:, :200]).all()
    assert (data.FOLDER / "mnist_sample.npz").stat().st_size < 600_000


@pytest.fixture
def folder(tmp_path, monkeypatch):
    shutil.copy(data.FOLDER / "mnist_sample.npz", tmp_path)
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    return tmp_path


def test_missing_file(folder):
    with pytest.raises(FileNotFoundError, match=r"mnist.npz are not there. Rebuild it with: python .*build.py"):
        data.mnist()


@pytest.mark.parametrize("damage", [
    lambda path: path.write_bytes(path.read_bytes()[:1000]),
    lambda path: path.write_bytes(b""),
    lambda path: path.write_text("not a zip"),
    lambda path: np.savez(path, images_train=np.zeros(3)),
    lambda path: np.savez(path, **dict.fromkeys(RAW, np.zeros((5, 28, 28), np.uint8))),
    lambda path: np.savez(path, **dict.fromkeys(RAW, np.array([None]))),
    lambda path: path.write_bytes(path.read_bytes()[:200_000] + b"\0" * 64 + path.read_bytes()[200_064:]),
])
def test_damaged_file(folder, damage):
    damage(folder / "mnist_sample.npz")
    with pytest.raises(ValueError, match=r"mnist_sample.npz are damaged .*Rebuild it with"):
        data.mnist_sample()


def test_one_hot():
    assert data.one_hot([2, 0], 3).tolist() == [[0, 1], [0, 0], [1, 0]]
    assert data.one_hot([[2, 0]], 3).tolist() == [[[0, 1], [0, 0], [1, 0]]]  # a sequence of one step
    labels = np.random.default_rng(0).integers(0, 5, (7, 4))
    assert data.one_hot(labels, 5).shape == (7, 5, 4)
    np.testing.assert_array_equal(data.one_hot(labels, 5).argmax(axis=1), labels)
    for labels, message in (([0, 10], "between 0 and 9, got 0 to 10"), ([-1, 2], "got -1 to 2"),
                            ([0.5], "whole numbers"), ([[[1, 2]]], r"shape \(1, 1, 2\)")):
        with pytest.raises(ValueError, match=message):
            data.one_hot(labels)


def test_the_text_and_its_numbers():
    alice = data.text()
    assert alice.letters.startswith("Alice was beginning to get very tired of sitting by her sister on the bank")
    assert alice.letters.endswith("the happy summer days.")
    assert alice.alphabet == "".join(sorted(set(alice.letters)))
    assert (len(alice.letters), len(alice.alphabet), alice.numbers.shape) == (141_813, 67, (141_813,))
    assert alice.decode(alice.numbers[:500]) == alice.letters[:500]
    np.testing.assert_array_equal(alice.encode(alice.letters[:500]), alice.numbers[:500])
    assert not set("\n*0123456789") & set(alice.alphabet)
    with pytest.raises(ValueError, match="the text has no character '7'"):
        alice.encode("Alice 7")
    with pytest.raises(FileNotFoundError, match=r"Rebuild it with: python data/build\.py"):
        data.text("through-the-looking-glass")


def test_the_text_is_the_one_that_was_pinned():
    raw = (data.FOLDER / "alice.txt").read_bytes()
    assert hashlib.sha256(raw).hexdigest() == "31691959b15e81ac89b7006b5f04d57a6bf95f4de0fc012c16bea50a48b76ef9"


def test_tidying_the_text():
    build = runpy.run_path(str(data.FOLDER / "build.py"))
    raw = (b"\r\n   TITLE\r\n EDITION 2.9\r\n\r\n  CHAPTER I\r\n\r\n  Down  It\r\n\r\n\r\n  Alice went\r\n down.\r\n"
           b"\r\n   *    *   *\r\n\r\n  `Up!'\r\n\r\n  CHAPTER II\r\n\r\n  On\r\n\r\n  She did.\r\n\r\n"
           b"  THE END\r\n\x1a")
    assert build["tidy"](raw) == "Alice went down. `Up!' She did.\n"


@pytest.mark.parametrize("T", [2, 9, 50])
def test_adding(T):
    x, y = data.adding(T, 4000, rng=3)
    assert x.shape == (T, 2, 4000)
    assert y.shape == (1, 4000)
    assert x.dtype == y.dtype == np.float32
    assert set(np.unique(x[:, 1])) <= {0, 1}
    assert (x[: T // 2, 1].sum(axis=0) == 1).all()
    assert (x[T // 2 :, 1].sum(axis=0) == 1).all()
    for i in range(20):
        assert y[0, i] == pytest.approx(x[x[:, 1, i] == 1, 0, i].sum())
    assert ((y - 1) ** 2).mean() == pytest.approx(1 / 6, rel=0.1)
    with pytest.raises(ValueError, match="at least 2 steps"):
        data.adding(1)


TOY_SETS = [data.circles, data.xor, data.spirals, data.gaussians, data.moons]


@pytest.mark.parametrize("make", TOY_SETS)
def test_toy_sets(make):
    points = make(101, rng=5)
    assert points.x.shape == (2, 101)
    assert points.y.shape == (2, 101)
    assert np.bincount(points.labels).tolist() == [51, 50]
    assert (points.y.argmax(axis=0) == points.labels).all()
    assert (make(101, rng=5).x == points.x).all()
    assert (make(101, rng=6).x != points.x).any()
    with pytest.raises(ValueError, match="at least 2 points, got 1"):
        make(1)
    with pytest.raises(ValueError, match="noise must be at least 0, got -1"):
        make(10, noise=-1)
    with pytest.raises(ValueError, match="noise must be at least 0, got nan"):
        make(10, noise=np.nan)


def test_toy_sets_without_noise_are_the_shapes_they_are_named_after():
    ring = data.circles(400, noise=0)
    radius = np.linalg.norm(ring.x, axis=0)
    assert radius[ring.labels == 1] == pytest.approx(1)
    assert radius[ring.labels == 0].max() <= 0.5
    squares = data.xor(400, noise=0)
    assert ((squares.x[0] * squares.x[1] < 0) == squares.labels).all()
    clouds = data.gaussians(400, noise=0)
    assert (clouds.x == np.where(clouds.labels, 0.5, -0.5)).all()
    arms = data.spirals(400, noise=0)
    angle = np.arctan2(arms.x[1], arms.x[0])
    turns = (angle - 3 * np.pi * np.linalg.norm(arms.x, axis=0) - np.pi * arms.labels) / (2 * np.pi)
    np.testing.assert_allclose(turns, np.round(turns), atol=1e-9)
    moon = data.moons(400, noise=0)
    upper, lower = moon.x[:, moon.labels == 0], moon.x[:, moon.labels == 1]
    assert np.linalg.norm(upper - [[-0.5], [-0.25]], axis=0) == pytest.approx(1)
    assert np.linalg.norm(lower - [[0.5], [0.25]], axis=0) == pytest.approx(1)


def test_history():
    stored = data.history("whole-network-notes")
    assert stored["recipe"]["eta"] == 0.1
    assert [run["seed"] for run in stored["runs"]] == [0, 1, 2]
    with pytest.raises(FileNotFoundError, match=r"no history 'nothing': there are .*whole-network-notes"):
        data.history("nothing")
