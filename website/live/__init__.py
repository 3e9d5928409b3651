"""Pages that compute: Python in the reader's browser. 

engine.py builds it, extension.py (Sphinx) puts it on the pages; page/ and worker.js run in the browser, kernel/ in Python.
"""
