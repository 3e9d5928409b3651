"""Serve the built site on this machine: `python website/serve.py` prints the address and opens a browser.

Nothing but files: any static host does as well.
"""

import argparse
import http.server
import os
import sys
import webbrowser
from functools import partial
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files, with the types a browser insists on, and never a stale copy after a rebuild."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".json": "application/json",
        ".wasm": "application/wasm",
        ".woff2": "font/woff2",
        ".whl": "application/zip",
    }

    def end_headers(self):
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format, *args):
        """Quiet: the address is what the reader wants to see."""


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A browser that leaves a page breaks its connections; that is no news."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def server(site: Path = SITE, port: int = 0) -> http.server.ThreadingHTTPServer:
    """A server of the folder `site` on this machine only; port 0 takes any free one."""
    return Server(("127.0.0.1", port), partial(Handler, directory=os.fspath(site)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=8000, help="8000 by default; the next free one if it is taken")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    options = parser.parse_args()
    if not (SITE / "index.html").is_file():
        sys.exit("There is no built site yet: run `make site` first.")
    for port in range(options.port, options.port + 20):
        try:
            running = server(port=port)
            break
        except OSError:
            continue
    else:
        sys.exit(f"Ports {options.port} to {options.port + 19} are all taken: choose one with --port.")
    address = f"http://localhost:{running.server_port}/"
    print(f"The book is at {address}  (Ctrl-C ends it)", flush=True)
    if not options.no_browser:
        webbrowser.open(address)
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
