"""The one place that says under which settings the notebooks are executed and tested.

A book whose every number is reproduced needs the same arithmetic everywhere. Three things change the last digits
of a float from one machine to the next: the order in which threads add, the kernel OpenBLAS picks for the
processor, and the vector instructions NumPy picks. All are fixed by environment variables, read when NumPy is
imported: so `pin()` comes before `import numpy`, and kernels started afterwards inherit the settings.

Measured (NumPy 2.4.6, AMD EPYC with AVX-512): OPENBLAS_CORETYPE changes matrix products, NPY_DISABLE_CPU_FEATURES
changes exp, log and power in float64, and each of them leaves everything else as it was.
"""

import os
import platform
import sys

SETTINGS = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "",  # the kernel's own choice (inline), whatever the shell says
    "TQDM_DISABLE": "1",  # progress bars show times, which no test can compare; readers see them
}
if platform.machine().lower() in ("x86_64", "amd64"):
    SETTINGS |= {
        "OPENBLAS_CORETYPE": "Haswell",
        # NumPy 2.4's names for its AVX-512 code: what is left, AVX2, every processor since 2013 has.
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    }


def pin() -> None:
    """Put the settings into the environment of this process and of those it starts.

    Raises RuntimeError if NumPy is imported already, under other settings: it would not notice them any more.
    """
    late = {name for name, value in SETTINGS.items() if os.environ.get(name) != value}
    if "numpy" in sys.modules and late & {"OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES"}:
        raise RuntimeError("website.environment.pin() must run before NumPy is imported")
    os.environ.update(SETTINGS)
