"""Fetching: resumes what broke off, refuses what is not the pinned file, and says what to do without a network."""

import base64
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from website import environment, vendor

CONTENT = bytes(range(256)) * 4000
INTEGRITY = "sha512-" + base64.b64encode(hashlib.sha512(CONTENT).digest()).decode()


@contextmanager
def registry(content=CONTENT, breaks_after=None):
    """A registry on this machine that serves `content` under every path, by ranges; yields (address, requests seen)."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
            seen.append((self.path, start))
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            end = breaks_after if breaks_after and len(seen) == 1 else len(content)
            self.wfile.write(content[start:end])

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(vendor.time, "sleep", lambda seconds: None)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def test_a_file_is_fetched_once(tmp_path):
    with registry() as (address, seen):
        for _ in range(2):
            path = vendor.download(f"{address}/file", INTEGRITY, tmp_path / "file")
    assert path.read_bytes() == CONTENT
    assert len(seen) == 1


def test_the_hash_may_be_hexadecimal(tmp_path):
    with registry() as (address, _):
        vendor.download(f"{address}/file", "sha256-" + hashlib.sha256(CONTENT).hexdigest(), tmp_path / "file")


def test_a_broken_download_goes_on_where_it_stopped(tmp_path):
    with registry(breaks_after=300_000) as (address, seen):
        path = vendor.download(f"{address}/file", INTEGRITY, tmp_path / "file")
    assert path.read_bytes() == CONTENT
    assert seen == [("/file", 0), ("/file", 300_000)]


def test_a_whole_part_is_taken_as_it_is(tmp_path):
    (tmp_path / "file.part").write_bytes(CONTENT)
    with registry() as (address, _):
        assert vendor.download(f"{address}/file", INTEGRITY, tmp_path / "file").read_bytes() == CONTENT


def test_another_file_is_refused_and_thrown_away(tmp_path):
    with registry(content=CONTENT + b"!") as (address, _), pytest.raises(vendor.FetchError, match="not the file"):
        vendor.download(f"{address}/file", INTEGRITY, tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_copy_on_this_disk_is_fetched_again(tmp_path):
    (tmp_path / "file").write_bytes(CONTENT[:-1])
    with registry() as (address, _):
        assert vendor.download(f"{address}/file", INTEGRITY, tmp_path / "file").read_bytes() == CONTENT


def test_no_network_is_said_in_words(tmp_path):
    with registry() as (address, _):
        pass  # the port is free again: nobody listens there
    with pytest.raises(vendor.FetchError, match="Is there a network"):
        vendor.download(f"{address}/file", INTEGRITY, tmp_path / "file")


@pytest.mark.parametrize("name", ["npm_config_registry", "NPM_CONFIG_REGISTRY"])
def test_the_registry_npm_is_set_to_is_honoured(tmp_path, monkeypatch, name):
    monkeypatch.setattr(vendor, "DOWNLOADS", tmp_path)
    with registry() as (address, seen):
        monkeypatch.setenv(name, address + "/mirror/")
        vendor.npm_tarball("@scope/thing", "1.0.0", INTEGRITY)
    assert seen == [("/mirror/@scope/thing/-/thing-1.0.0.tgz", 0)]


def packed(path: Path, names: list[str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 2
            archive.addfile(member, io.BytesIO(b"hi"))
    return path


def test_extract_takes_what_is_named(tmp_path):
    names = ["package/dist/a.js", "package/dist/b/c.js", "package/x.woff", "package/no.md"]
    tarball = packed(tmp_path / "a.tgz", names)
    vendor.extract(tarball, {"dist/": "all/", "*.woff": "fonts/", "dist/a.js": "one.js"}, tmp_path / "out")
    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert found == ["all/a.js", "all/b/c.js", "fonts/x.woff", "one.js"]


def test_extract_misses_what_is_not_there(tmp_path):
    with pytest.raises(vendor.FetchError, match=r"lacks dist/none\.js"):
        vendor.extract(packed(tmp_path / "a.tgz", ["package/a.js"]), {"dist/none.js": "x.js"}, tmp_path / "out")


def test_extract_stays_in_its_folder(tmp_path):
    with pytest.raises(vendor.FetchError, match="leaves its folder"):
        vendor.extract(packed(tmp_path / "a.tgz", ["package/d/../../../e.js"]), {"d/": "d/"}, tmp_path / "out")


def python(code: str, **settings: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={name: value for name, value in os.environ.items() if name not in environment.SETTINGS} | settings,
        cwd=vendor.HERE.parent,
        capture_output=True,
        text=True,
    )


def test_pinned_numpy_uses_no_instruction_that_only_some_machines_have():
    done = python(
        "from website import environment; environment.pin(); from numpy._core import _multiarray_umath as m;"
        "print([name for name in m.__cpu_dispatch__ if m.__cpu_features__[name] and name != 'X86_V3'])"
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_pinning_after_numpy_is_refused():
    done = python("import numpy; from website import environment; environment.pin()")
    assert "before NumPy is imported" in done.stderr
