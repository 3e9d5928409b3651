"""What the suite found, written down for chapter 17: its numbers are read from here, never typed.

    python -m equations --record      tries everything and writes data/equations.json
"""

import json
import runpy
from collections import Counter

from equations import book, mutants
from equations.checking import check

PATH = book.ROOT / "data" / "equations.json"
STALE = ("chapter 17 is older than the book: run python -m equations --record, "
         "then make notebooks NOTEBOOKS=chapters/17-how-this-book-checks-itself.ipynb")
CHAPTER = "17"  # tells of all the others, and so is not among them


def take():
    """Examine the chapters, try their mutants; return what JSON can hold."""
    chapters, kinds, equivalent, survivors = [], {}, [], []
    for page in book.pages():
        if page.suffix != ".ipynb" or page.name.startswith(CHAPTER):
            continue
        results = book.examine_pages([page])
        outcome = mutants.try_all([r for r in results if r.status == "executed"])
        chapters.append(summary(page, results) | {"mutants": outcome.made, "rejected": outcome.rejected,
                                                  "equivalent": len(outcome.equivalent)})
        for kind, (made, rejected) in outcome.by_kind.items():
            before = kinds.setdefault(kind, [0, 0])
            kinds[kind] = [before[0] + made, before[1] + rejected]
        equivalent += [m.equivalent for _, m in outcome.equivalent]
        survivors += [{"label": label, "kind": m.kind, "tex": m.tex} for label, m in outcome.survivors]
    return {"chapters": chapters, "slips": slips(), "kinds": dict(sorted(kinds.items())), "survivors": survivors,
            "equivalent": dict(Counter(equivalent).most_common())}


def slips():
    """The faulty lines of the source notes: how many there are, are rejected, and have a correction that passes."""
    rows = runpy.run_path(str(book.ROOT / "tests" / "equations" / "errata.py"))["ERRATA"]
    return {"rows": len(rows), "rejected": sum(not check(faulty, scene).ok for _, scene, faulty, _ in rows),
            "corrected": sum(check(right, scene).ok for _, scene, _, right in rows)}


def summary(page, results):
    """The counts of one page, without its mutants."""
    status = Counter(r.status for r in results)
    return {"chapter": page.stem, "displayed": len(results), "executed": status["executed"],
            "excused": [f"{r.equation.label}: {r.message}" for r in results if r.status == "excused"],
            "cases": sum(r.cases for r in results),
            "linked": sum(bool(r.lines) for r in results),
            "difference": float(f"{max((r.difference for r in results), default=0.0):.0e}")}


def write():
    """Take the record and store it; return its path."""
    PATH.write_text(json.dumps(take(), indent=1) + "\n", encoding="utf-8")
    return PATH


def read():
    return json.loads(PATH.read_text(encoding="utf-8"))
