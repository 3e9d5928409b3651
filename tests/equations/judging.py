"""Tries the mutants of one chapter; shared by the two files that divide the book between two workers."""

from equations import book, mutants, record

CHAPTERS = [p for p in book.pages() if p.suffix == ".ipynb"]
ODD = [p for p in CHAPTERS if p.name[:2] in ("01", "03", "05", "07", "09", "11", "13", "15", "17")]
EVEN = [p for p in CHAPTERS if p not in ODD]


def judge(page):
    """At least five wrong versions of every executed equation, at least 99 % of them rejected."""
    executed = [r for r in book.examine_pages([page]) if r.status == "executed"]
    outcome = mutants.try_all(executed)
    assert outcome.rejected >= 0.99 * outcome.made, "\n".join(outcome.complaints)
    if not page.name.startswith(record.CHAPTER):
        told = next((row for row in record.read()["chapters"] if row["chapter"] == page.stem), {})
        assert (told.get("mutants"), told.get("rejected")) == (outcome.made, outcome.rejected), record.STALE
    few = [c for c in outcome.complaints if "could be made" in c]
    assert not few, "\n".join(few)
