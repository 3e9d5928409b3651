"""Every test, and every kernel a test starts, runs under the settings that make results repeat.

This comes before anything imports NumPy, whether `make test` or a bare `pytest` started it.
"""

from website import environment

environment.pin()

pytest_plugins = ["tests.notebooks.figures", "tests.notebooks.widget_state"]
