"""Pages that compute: Python in the reader's browser.

engine.py builds it and extension.py (Sphinx) puts it on the pages; page/ and worker.js run in the browser, and
kernel/ in the browser's Python.
"""
