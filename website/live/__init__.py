"""Pages that compute: Python in the reader's browser. See engine.py (build), extension.py (Sphinx), page/ and kernel/."""
