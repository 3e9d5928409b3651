"""Habits of the repository: nothing that ties it to one machine, one registry or one big download."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = {".cff", ".cfg", ".css", ".ipynb", ".js", ".json", ".md", ".mjs", ".py", ".toml", ".txt", ".yaml", ".yml", ""}


def tracked() -> list[Path]:
    """The files git keeps (in a source archive without git: all that are not built, hidden or fetched)."""
    if (ROOT / ".git").exists():
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        return [path for name in listing.decode().split("\0") if name and (path := ROOT / name).is_file()]
    built = ("_build", "vendored", ".venv", "__pycache__")
    return [path for path in ROOT.rglob("*") if path.is_file() and not any(part in built for part in path.parts)]


FILES = tracked()
TEXTS = {path: path.read_text(encoding="utf-8") for path in FILES if path.suffix in TEXT}
OWN = Path(__file__).resolve()


def offenders(pattern: str, allowed: set[str] = frozenset()) -> list[str]:
    """`file: what matched` for every tracked text in which `pattern` occurs, but for the allowed files."""
    return [
        f"{path.relative_to(ROOT)}: {hit.group(0)}"
        for path, text in TEXTS.items()
        if path != OWN and path.relative_to(ROOT).as_posix() not in allowed
        for hit in re.finditer(pattern, text)
    ]


def test_no_path_of_one_machine():
    assert offenders(r"(?<![\w.])/(?:work|farm|root|Users|home/\w+|tmp/\w+)/[\w.-]+|\b[A-Z]:\\\\?Users") == []


def test_registries_are_named_in_one_file():
    hosts = r"registry\.npmjs\.org|npmmirror\.|pypi\.org|pythonhosted\.org|jsdelivr\.|unpkg\.com|cdnjs\.|esm\.sh"
    assert offenders(hosts, {"website/vendor.py"}) == []


def test_no_big_file():
    big = {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in FILES if path.stat().st_size > 2_000_000}
    assert {name: size for name, size in big.items() if name != "data/mnist.npz"} == {}


def test_requirements_and_lock_agree():
    pin = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)", re.MULTILINE)
    lock = {name.lower().replace("_", "-"): version for name, version in pin.findall(TEXTS[ROOT / "constraints.txt"])}
    wanted = [line for line in TEXTS[ROOT / "requirements.txt"].splitlines() if line and line[0] not in "#-"]
    assert all(pin.match(line) for line in wanted), "requirements are exact pins"
    for name, version in pin.findall(TEXTS[ROOT / "requirements.txt"]):
        assert lock.get(name.lower().replace("_", "-")) == version, f"{name}: run `make lock`"


def test_ruff_is_content():
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "."], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", [path for path in FILES if path.suffix == ".md"], ids=lambda path: path.parent.name)
def test_links_between_files(page):
    text = re.sub(r"^```.*?^```|`[^`\n]*`|\$[^$]*\$", "", TEXTS[page], flags=re.DOTALL | re.MULTILINE)
    # a bare word is a label of the book, and Sphinx checks those
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)\s#]*[./][^)\s#]*)", text)
    broken = [link for link in links if not (page.parent / link).exists() and not (ROOT / link.lstrip("/")).exists()]
    assert broken == []


def test_every_chapter_is_in_the_table_of_contents():
    globs = re.findall(r"glob: (\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [path.relative_to(ROOT).with_suffix("") for path in FILES if path.match("chapters/*.ipynb")]
    missing = [str(chapter) for chapter in chapters if not any(chapter.match(glob) for glob in globs)]
    assert missing == []
