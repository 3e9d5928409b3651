"""The kernel of a page: runs cells, formats what they show, and speaks the Jupyter widget protocol.

It lives in a web worker, on Pyodide; `worker.js` is its other half and passes messages on to the page.

    outputs   what a cell shows: streams, values, figures, errors
    comms     the widget protocol: comm_open, comm_msg, comm_close
    shell     what libraries expect of `get_ipython()`
    cells     run the source of one cell
    packs     fetch a package when it is first imported
"""

import os

# Before matplotlib or ipywidgets are imported: Pyodide presets a back end of its own, and echoed updates
# would let a slow answer overwrite what the reader has dragged since.
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
os.environ["JUPYTER_WIDGETS_ECHO"] = "0"
