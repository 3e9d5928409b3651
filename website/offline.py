"""Pack the built site into one zip that works without a network: `python website/offline.py` after `make site`.

Unpack it anywhere and run `python serve.py` in its folder: pages, mathematics, widgets and Python are all inside.
"""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
TARGET = ROOT / "_build" / "every-equation-runs.zip"
README = """Every Equation Runs, the whole book.

Run   python serve.py   in this folder (any Python from 3.11 on); it opens the book in your browser.
Opened as a file, pages can be read but not run: browsers start no Python from files.
"""
START = """import runpy

runpy.run_path("website/serve.py", run_name="__main__")
"""
PACKED = {".zip", ".woff2", ".png", ".jpg", ".npz"}  # compressed already


def pack(site: Path = SITE, target: Path = TARGET) -> Path:
    """Write every file of the site, a server and a note into one zip; return its path."""
    if not (site / "index.html").is_file():
        sys.exit("There is no built site yet: run `make site` first.")
    folder = target.stem
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in site.rglob("*") if p.is_file()):
            method = zipfile.ZIP_STORED if path.suffix in PACKED else zipfile.ZIP_DEFLATED
            archive.write(path, f"{folder}/_build/html/{path.relative_to(site).as_posix()}", method)
        archive.write(ROOT / "website" / "serve.py", f"{folder}/website/serve.py")
        archive.writestr(f"{folder}/serve.py", START)
        archive.writestr(f"{folder}/README.txt", README)
    return target


if __name__ == "__main__":
    written = pack()
    print(f"{written.relative_to(ROOT)}: {written.stat().st_size / 1e6:.0f} MB")
