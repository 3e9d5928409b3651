// Compile staged Python files with the browser's own Python, run by Node:  node compile.mjs <pyodide> <request.json>
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodideFolder, requestFile] = process.argv.slice(2);
const { root, jobs } = JSON.parse(readFileSync(requestFile, "utf8"));
const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: pyodideFolder });
python.FS.mkdirTree("/stage");
python.FS.mount(python.FS.filesystems.NODEFS, { root }, "/stage");
python.globals.set("jobs", python.toPy(jobs));
// "replace" leaves module.pyc where module.py was, "bare" does so without docstrings; "keep" leaves the source and
// puts __pycache__ beside it.
// Unchecked: at import nobody asks whether the source has changed, so dates do not matter.
python.runPython(`
import importlib.util, pathlib, py_compile
for folder, mode in jobs:
    for path in sorted(pathlib.Path("/stage", folder).rglob("*.py")):
        name = str(path.relative_to(f"/stage/{folder}"))
        target = importlib.util.cache_from_source(str(path)) if mode == "keep" else str(path) + "c"
        py_compile.compile(str(path), cfile=target, dfile=name, doraise=True, optimize=2 if mode == "bare" else 0,
                           invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        if mode != "keep":
            path.unlink()
`);
