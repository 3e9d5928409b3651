"""Run the comparison in an environment of its own, so that no peer is needed to read or test the book.

    python -m benchmarks                 everything: about 15 minutes
    python -m benchmarks N1 N3           some networks
    python -m benchmarks --rounds 3      fewer rounds than five
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parent / ".venv-bench"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENVIRONMENT / "installed"
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
}


def install():
    """Make the peers' environment, or bring it up to date with requirements.txt."""
    requirements = HERE / "requirements.txt"
    if STAMP.exists() and STAMP.stat().st_mtime > requirements.stat().st_mtime:
        return
    print("installing the peers into .venv-bench (PyTorch, scikit-learn, JAX) ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "-q", "-r", requirements], check=True, cwd=HERE.parent)
    STAMP.touch()


if __name__ == "__main__":
    install()
    command = [PYTHON, "-m", "benchmarks.compare", *sys.argv[1:]]
    raise SystemExit(subprocess.run(command, cwd=HERE.parent, env=os.environ | ONE_THREAD).returncode)
