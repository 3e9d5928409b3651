"""Widgets: ipywidgets controls that make nnlib compute, in Jupyter and on the published page alike.

Needs ipywidgets and matplotlib; `import nnlib` does not import this package.
"""
