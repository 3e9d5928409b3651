"""Fetch what a published page needs beside its own files: MathJax, RequireJS, the Jupyter widget manager, anywidget.

    python website/vendor.py        # fills website/vendored/site/, which _config.yml copies into the built site

Packages come from the npm registry by pinned version; every tarball is checked against the hash npm publishes
for it, kept in website/vendored/downloads/, and continued where a broken download stopped.
Needs the standard library only. npm's own setting is honoured: with `npm_config_registry` in the environment
packages come from that registry (the hashes decide whether they are the right ones).

This is the one file of the repository that names a registry's host.
"""

import base64
import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from pathlib import Path, PurePosixPath

NPM_REGISTRY = "https://registry.npmjs.org/"
PYODIDE_CDN = "https://cdn.jsdelivr.net/pyodide/v314.0.3/full/"

HERE = Path(__file__).resolve().parent
DOWNLOADS = HERE / "vendored" / "downloads"
SITE = HERE / "vendored" / "site"
VENDOR = SITE / "_static" / "vendor"

# package: version, hash as npm publishes it, {files in the package: where they go below _static/vendor/}.
# A name that ends in a slash is a folder and takes everything below it.
PACKAGES = {
    "mathjax": (
        "3.2.2",
        "sha512-Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
        {
            "es5/tex-mml-chtml.js": "mathjax/tex-mml-chtml.js",
            "es5/input/": "mathjax/input/",
            "es5/output/": "mathjax/output/",
            "es5/ui/": "mathjax/ui/",
            "es5/a11y/": "mathjax/a11y/",
            "es5/sre/": "mathjax/sre/",
            "LICENSE": "mathjax/LICENSE",
        },
    ),
    "requirejs": (
        "2.3.8",
        "sha512-7/cTSLOdYkNBNJcDMWf+luFvMriVm7eYxp4BcFCsAX0wF421Vyce5SXP17c+Jd5otXKGNehIonFlyQXSowL6Mw==",
        {"require.js": "widgets/require.js"},
    ),
    "@jupyter-widgets/html-manager": (
        "1.0.14",
        "sha512-wglgQQ+VMj+MBKkTttdeoMtOah/H2A1w5GU1OAVXmDQqZYTK6C+oHZjQMxcNezIpiqUjC1YHKOo5XdP3ENvBng==",
        {
            "dist/embed-amd.js": "widgets/embed-amd.js",
            # the icons are looked for in either place, by whichever of the manager's modules comes first
            "dist/*.woff2": "widgets/@jupyter-widgets/",
            "*.woff2": "widgets/@jupyter-widgets/html-manager/dist/",
            "dist/*.woff": "widgets/@jupyter-widgets/",
            "dist/*.ttf": "widgets/@jupyter-widgets/",
            "dist/*.eot": "widgets/@jupyter-widgets/",
            "dist/*.svg": "widgets/@jupyter-widgets/",
        },
    ),
    "anywidget": (
        "0.11.0",
        "sha512-LHZgW2j5UjyerZSZcO+BtZPXGMSORQV2bUT480hOR5x/BXS8sOradi/71amJfMueSEnKX0dqPwTfsOGHTsyZpQ==",
        {"dist/index.js": "widgets/anywidget.js", "LICENSE": "widgets/anywidget.LICENSE"},
    ),
    # the typefaces that website/style/fonts.css names
    "@fontsource-variable/source-serif-4": (
        "5.3.1",
        "sha512-4Rtay22SC4lMvw11r/+9kxANB6P3M0X8s1NudBC2v0J1KU2y3DcMoNcT3lBoZ/CqLirzf+StlO6UlJilyrvaUg==",
        {
            "files/source-serif-4-latin-opsz-normal.woff2": "fonts/",
            "files/source-serif-4-latin-wght-italic.woff2": "fonts/",
            "files/source-serif-4-greek-wght-normal.woff2": "fonts/",
            "LICENSE": "fonts/source-serif-4.LICENSE",
        },
    ),
    "@fontsource-variable/instrument-sans": (
        "5.3.0",
        "sha512-u4gKbDBTNFGkg997tfQn3eHOhHuquWUFTRT/rwzuKtrxX5P2ekfs2x+LgBPP4P32+cC+vUwF1Cr+IdRoPQbrGw==",
        {
            "files/instrument-sans-latin-wght-normal.woff2": "fonts/",
            "LICENSE": "fonts/instrument-sans.LICENSE",
        },
    ),
    "@fontsource-variable/source-code-pro": (
        "5.3.0",
        "sha512-CxzAbqtNrQ6EQXTb9ovRZIRiOhFPcBQhNKla58K5UV6IMoL/ROkWxXDSBOa/frIDLuV4B5PLHI4R1e9SWVinYg==",
        {
            "files/source-code-pro-latin-wght-normal.woff2": "fonts/",
            "files/source-code-pro-latin-wght-italic.woff2": "fonts/",
            "files/source-code-pro-greek-wght-normal.woff2": "fonts/",
            "LICENSE": "fonts/source-code-pro.LICENSE",
        },
    ),
}


class FetchError(Exception):
    """A file could not be fetched, or is not the file it should be; the message says what to do."""


def npm_tarball(name: str, version: str, integrity: str) -> Path:
    """The path of a package's tarball on this disk, fetched if need be and checked against its hash."""
    environment = {name.lower(): value for name, value in os.environ.items()}  # npm takes either case
    registry = environment.get("npm_config_registry") or NPM_REGISTRY
    file = f"{name.rpartition('/')[2]}-{version}.tgz"
    return download(f"{registry.rstrip('/')}/{name}/-/{file}", integrity, DOWNLOADS / file)


def pyodide_file(file: str, integrity: str, path: Path) -> Path:
    """A file of the Pyodide distribution, from Pyodide's own CDN."""
    return download(PYODIDE_CDN + file, integrity, path, attempts=1)


def pypi_wheel(requirement: str, sha256: str) -> Path:
    """The path of a PyPI wheel on this disk, fetched by pip (which knows the reader's own index) and checked.

    requirement: `name==version`.
    """
    name, _, version = requirement.partition("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    path = next(DOWNLOADS.glob(pattern), None)
    if path is None or not matches(path, f"sha256-{sha256}"):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        pip += ["--ignore-requires-python", "--dest", str(DOWNLOADS), requirement]
        if subprocess.run(pip).returncode or not (path := next(DOWNLOADS.glob(pattern), None)):
            raise FetchError(f"pip could not download {requirement}: is there a network?")
        if not matches(path, f"sha256-{sha256}"):
            path.unlink()
            raise FetchError(f"{path.name} is not the file that was pinned; it was thrown away. Try again.")
    return path


def pypi_source(requirement: str, sha256: str) -> Path:
    """The path of a PyPI package's source archive (`name-version.tar.gz`) on this disk, fetched by pip and checked.

    requirement: `name==version`.
    """
    name, _, version = requirement.partition("==")
    path = DOWNLOADS / f"{name.lower().replace('-', '_')}-{version}.tar.gz"
    if not (path.is_file() and matches(path, f"sha256-{sha256}")):
        DOWNLOADS.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", name]
        if subprocess.run([*pip, "--dest", str(DOWNLOADS), requirement]).returncode or not path.is_file():
            raise FetchError(f"pip could not download the source of {requirement}: is there a network?")
        if not matches(path, f"sha256-{sha256}"):
            path.unlink()
            raise FetchError(f"{path.name} is not the file that was pinned; it was thrown away. Try again.")
    return path


def download(url: str, integrity: str, path: Path, attempts: int = 3) -> Path:
    """Fetch `url` into `path` unless it is there already; return `path`.

    integrity: `<algorithm>-<digest>`, the digest in base64 (as npm writes it) or in hexadecimal.
    What arrived before a connection broke stays in `path` + ".part" and is continued from there.
    Raises FetchError when the network fails `attempts` times, or when the bytes are not the expected ones.
    """
    if path.is_file() and matches(path, integrity):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    for attempt in range(1, attempts + 1):
        try:
            fetch(url, part)
            break
        except (OSError, urllib.error.URLError) as error:  # URLError is an OSError; named for the reader
            status = getattr(error, "code", None)
            if attempt == attempts or status in (401, 403, 404):
                kept = " What arrived is kept; run the same command again to go on." if part.exists() else ""
                raise FetchError(
                    f"{path.name} could not be fetched ({getattr(error, 'reason', None) or error}).\n"
                    f"  from: {url}\n"
                    "  Is there a network? Behind a mirror, set npm_config_registry; behind a proxy, https_proxy."
                    + kept
                ) from error
            time.sleep(2 * attempt)
    if not matches(part, integrity):
        part.unlink()
        raise FetchError(
            f"{path.name} is not the file that was pinned: its hash differs from {integrity[:24]}...\n"
            f"  from: {url}\n"
            "  The download was thrown away. Run the same command again; if it happens twice, the source is wrong."
        )
    part.replace(path)
    return path


def fetch(url: str, part: Path) -> None:
    """Append to `part` what it lacks of `url`, saying how far it is."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=60, context=ssl.create_default_context())
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing is missing: the hash will tell whether the part is whole
            return
        raise
    with response, part.open("ab" if response.status == 206 else "wb") as file:
        missing = response.headers.get("Content-Length")
        total = file.tell() + int(missing) if missing else None
        while block := response.read(1 << 18):
            file.write(block)
            progress(url, file.tell(), total)
    if total is not None and part.stat().st_size < total:
        raise OSError(f"the connection closed after {part.stat().st_size:,} of {total:,} bytes")


def progress(url: str, have: int, total: int | None) -> None:
    """One line that counts megabytes on a terminal; silence in a log."""
    if sys.stderr.isatty():
        of = f" of {total / 1e6:.1f}" if total else ""
        end = "\n" if have == total else ""
        print(f"\r  {url.rpartition('/')[2]}: {have / 1e6:.1f}{of} MB", end=end, file=sys.stderr, flush=True)


def matches(path: Path, integrity: str) -> bool:
    """Whether the file has the hash `<algorithm>-<base64 or hexadecimal digest>`."""
    algorithm, _, expected = integrity.partition("-")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, algorithm)
    return expected in (digest.hexdigest(), base64.b64encode(digest.digest()).decode())


def extract(tarball: Path, files: dict[str, str], target: Path) -> None:
    """Copy the named `files` of an npm tarball (everything in one lies below `package/`) to below `target`."""
    found = set()
    with tarfile.open(tarball) as archive:
        for member in archive:
            name = member.name.partition("/")[2]
            for pattern, place in files.items():
                if not member.isfile() or not (
                    name.startswith(pattern) if pattern.endswith("/") else PurePosixPath(name).match(pattern)
                ):
                    continue
                inside = name[len(pattern) :] if pattern.endswith("/") else PurePosixPath(name).name
                path = target / (place + inside if place.endswith("/") else place)
                if ".." in path.parts:
                    raise FetchError(f"{tarball.name} holds a path that leaves its folder: {member.name}")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.extractfile(member).read())
                found.add(pattern)
    if missing := set(files) - found:
        raise FetchError(f"{tarball.name} lacks {', '.join(sorted(missing))}")


def vendor() -> None:
    """Fill website/vendored/site/; a second call with the same pins does nothing."""
    pins = json.dumps(PACKAGES, sort_keys=True)
    stamp = VENDOR / "pins.json"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == pins:
        return
    shutil.rmtree(VENDOR, ignore_errors=True)
    for name, (version, integrity, files) in PACKAGES.items():
        print(f"vendor: {name} {version}", flush=True)
        extract(npm_tarball(name, version, integrity), files, VENDOR)
    stamp.write_text(pins, encoding="utf-8")


if __name__ == "__main__":
    try:
        vendor()
        if os.environ.get("LIVE", "1") != "0":  # Python for the pages; LIVE=0 builds a book that is only read
            sys.exit(subprocess.run([sys.executable, str(HERE / "live" / "engine.py")]).returncode)
    except FetchError as error:
        sys.exit(f"vendor: {error}")
