"""nbval compares what a notebook prints and skips its figures; this plugin compares those too, in the same run.

A stored and a fresh figure agree when they have the same size and at most two pixels in ten thousand differ by more
than 40 of 255 levels in any colour channel. That lets anti-aliasing differ between machines, and a line that moved,
a colour that changed or a label that went missing does not pass. What differs is written to _build/figures/:
stored, fresh, and where they differ.
"""

import base64
import io
from pathlib import Path

import pytest

LEVELS = 40
SHARE = 0.0002
FOLDER = Path("_build") / "figures"


def difference(stored: bytes, fresh: bytes) -> tuple[str, "object"]:
    """What tells two PNG images apart, in words ("" if they agree), and a mask of the pixels that differ."""
    import numpy as np
    from PIL import Image

    images = [Image.open(io.BytesIO(png)).convert("RGBA") for png in (stored, fresh)]
    if images[0].size != images[1].size:
        return f"the stored figure has {images[0].size} pixels, the fresh one {images[1].size}", None
    white = [Image.alpha_composite(Image.new("RGBA", image.size, "white"), image) for image in images]
    pixels = [np.asarray(image.convert("RGB"), dtype=int) for image in white]
    differs = (np.abs(pixels[0] - pixels[1]) > LEVELS).any(axis=2)
    mask = Image.fromarray(np.where(differs, 0, 255).astype("uint8"))
    if differs.mean() > SHARE:
        words = f"{differs.sum()} of {differs.size} pixels ({differs.mean():.2%}, at most {SHARE:.2%}) differ"
        return f"{words} by more than {LEVELS} levels", mask
    return "", mask


def pictures(outputs) -> list[bytes]:
    """The PNG images among a cell's outputs, in order."""
    data = (output.get("data", {}) for output in outputs)
    return [base64.b64decode(bundle["image/png"]) for bundle in data if "image/png" in bundle]


def compare_figures(name: str, stored: list[bytes], fresh: list[bytes], folder: Path = FOLDER) -> str:
    """What tells a cell's stored figures from its fresh ones, in words; "" if they agree."""
    if len(stored) != len(fresh):
        return f"{len(stored)} figures are stored, {len(fresh)} came"
    for number, (old, new) in enumerate(zip(stored, fresh, strict=True), start=1):
        words, mask = difference(old, new)
        if words:
            folder.mkdir(parents=True, exist_ok=True)
            start = folder / f"{name}-figure-{number}"
            Path(f"{start}-stored.png").write_bytes(old)
            Path(f"{start}-fresh.png").write_bytes(new)
            if mask is not None:
                mask.save(f"{start}-difference.png")
            return f"figure {number}: {words}; look at {start}-*.png"
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Let nbval's own comparison of a cell be followed by that of its figures."""
    from nbval.plugin import IPyNbCell

    compare_text = IPyNbCell.compare_outputs
    if getattr(compare_text, "with_figures", False):
        return

    def compare_outputs(cell, test, ref, skip_compare=None):
        if not compare_text(cell, test, ref, skip_compare):
            return False
        name = f"{cell.parent.path.stem}-cell-{cell.cell_num}"
        words = compare_figures(name, pictures(ref), pictures(test), Path(cell.config.rootpath) / FOLDER)
        if words:
            cell.comparison_traceback.append(words)
        return not words

    compare_outputs.with_figures = True
    IPyNbCell.compare_outputs = compare_outputs
