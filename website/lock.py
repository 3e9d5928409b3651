"""Write constraints.txt anew: resolve requirements.txt in an empty environment and freeze what came.

    python website/lock.py        # `make lock`

Run it after a change in requirements.txt, look at the difference, and run the tests before committing both.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    wanted = [
        line
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "-"))
    ]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True)
        frozen = subprocess.run([python, "-m", "pip", "freeze"], check=True, capture_output=True, text=True).stdout
    note = "# Everything requirements.txt pulls in, at the versions it was tested with. Written by `make lock`.\n"
    (ROOT / "constraints.txt").write_text(note + frozen, encoding="utf-8")
    print(f"constraints.txt: {len(frozen.splitlines())} packages")


if __name__ == "__main__":
    main()
