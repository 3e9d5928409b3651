"""The whole book: every displayed equation is executed or excused, and both ends of every link hold."""

import json
import re

import pytest

from equations import book, record
from equations.__main__ import main

PAGES = book.pages()
FIRST_NINE = [p for p in PAGES if p.parent.name == "chapters" and p.name[:2] <= "09"]


@pytest.fixture(scope="module")
def results():
    return book.examine_pages(PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_displayed_equation_is_true_or_excused(page, results):
    failed = [f"{r.equation.label}: {r.message}" for r in results if r.equation.page == page and r.status == "failed"]
    assert not failed, "\n".join(failed)


def test_at_most_one_in_twenty_is_excused(results):
    excused = [r.equation.label for r in results if r.status == "excused"]
    assert len(excused) <= 0.05 * len(results), excused


def test_chapters_one_to_nine_hold_at_least_eighty_equations(results):
    assert sum(r.equation.page in FIRST_NINE for r in results) >= 80


def test_every_label_in_the_library_is_an_equation_of_the_book(results):
    known = {r.equation.label for r in results}
    missing = {label: lines[0].path for label, lines in book.library_lines().items() if label not in known}
    assert not missing


@pytest.mark.parametrize("label", ["eq-bp1", "eq-bp2", "eq-bp3", "eq-bp4", "eq-layer-batch"])
def test_the_four_equations_have_their_line(label, results):
    result = next(r for r in results if r.equation.label == label)
    assert any(label in line.text for line in result.lines)


def test_chapter_17_tells_of_the_book_as_it_is(results):
    recorded = {row["chapter"]: row for row in record.read()["chapters"]}
    chapters = [p for p in PAGES if p.suffix == ".ipynb" and not p.name.startswith(record.CHAPTER)]
    assert set(recorded) == {p.stem for p in chapters}, record.STALE
    for page in chapters:
        now = record.summary(page, [r for r in results if r.equation.page == page])
        for key in ("displayed", "executed", "excused", "cases", "linked"):
            assert recorded[page.stem][key] == now[key], f"{page.stem}, {key}: {record.STALE}"


def notebook(tmp_path, source, metadata=None):
    path = tmp_path / "99-draft.ipynb"
    cell = {"cell_type": "markdown", "id": "a", "metadata": metadata or {}, "source": source.splitlines(keepends=True)}
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return path


def last_line(capsys):
    return capsys.readouterr().out.strip().splitlines()[-1]


def test_a_chapter_edited_a_second_ago_is_read(tmp_path, capsys):
    page = notebook(tmp_path, "$$ z = w^{\\mathsf T} x + b $$ (eq-draft)")
    assert main([str(page)]) == 0
    assert last_line(capsys).startswith("equations: 1 displayed, 1 executed, 0 excused;")
    notebook(tmp_path, "$$ z = w^{\\mathsf T} x - b $$ (eq-draft)")
    assert main([str(page)]) == 1
    assert last_line(capsys).startswith("equations: 1 displayed, 0 executed, 0 excused;")


def test_the_last_line_counts_mutants(tmp_path, capsys):
    page = notebook(tmp_path, "$$ z = w^{\\mathsf T} x + b $$ (eq-draft)")
    assert main([str(page), "--mutants"]) == 0
    counts = re.search(r"mutants: (\d+) made, (\d+) rejected", last_line(capsys))
    assert int(counts[1]) >= 5
    assert counts[1] == counts[2]


@pytest.mark.parametrize(("source", "metadata", "words"), [
    ("$$ z = w^{\\mathsf T} x + b $$", {}, "without a label"),
    ("\\begin{align} z &= b \\end{align}", {}, "written $$"),
    ("$$ z = b $$ (draft)", {}, "begins with eq-"),
    ("$$ z = q + b $$ (eq-draft)", {}, "declares all its symbols"),
    ("$$ X = X $$ (eq-draft)", {"equations": {"eq-draft": {"scene": "network"}}}, "nothing is checked"),
    ("$$ z = b $$ (eq-draft)", {"equations": {"eq-other": {"scene": "neuron"}}}, "no such equation"),
    ("$$ z = b $$ (eq-draft)", {"equations": {"eq-draft": {"sceen": "neuron"}}}, "does not know sceen"),
    ("$$ z = b $$ (eq-draft)", {"equations": {"eq-draft": {"scene": "moon"}}}, "no scene 'moon'"),
    ("$$ z = b $$ (eq-draft)", {"equations": {"eq-draft": {"excuse": " "}}}, "must say why"),
    ("$$ z = w^\\top x + b $$ (eq-draft)", {"equations": {"eq-draft": {"code": "nnlib/layers.py::Dense.fly"}}},
     "defines no Dense.fly"),
    ("$$ z = w^\\top x + b $$ (eq-draft)", {"equations": {"eq-draft": {"code": "eq-nowhere"}}}, "no such equation"),
])
def test_what_an_author_forgot_is_said(tmp_path, source, metadata, words):
    results = book.examine_pages([notebook(tmp_path, source, metadata)])
    assert any(r.status == "failed" and words in r.message for r in results), [r.message for r in results]


def test_equations_in_code_are_not_displayed():
    markdown = ("`$$ a $$` and\n\n```latex\n$$ b $$\n```\n\n$$\nc = d\n$$ (eq-c)\n\n"
                "```{math}\n:label: eq-e\ne = f\n```\n")
    assert [(label, tex) for label, tex, _ in book.displayed(markdown)] == [("eq-c", "c = d"), ("eq-e", "e = f")]
