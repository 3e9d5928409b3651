"""Sphinx extension: a chapter has the number its file has, chapters/04-descent is chapter 4, whatever stands before it.

Sphinx counts what the table of contents lists, which would call chapter 17 the tenth as long as the book has a gap.
Equations, exercises and figures take their first number from their chapter, so this settles theirs too.
"""

import re

from docutils import nodes
from sphinx_external_toc.collectors import TocTreeCollectorWithStyles as Collector

CHAPTER = re.compile(r"chapters/(\d+)-")


def number_by_file(env) -> None:
    """Put the file's number in the place of the counted one: in headings, titles and tables of contents."""
    for page, numbers in env.toc_secnumbers.items():
        if not (match := CHAPTER.match(page)):
            continue
        first = int(match[1])
        for anchor, number in numbers.items():
            numbers[anchor] = number and (first, *number[1:])
        for node in (env.titles[page], *env.tocs[page].findall(nodes.reference)):
            if node.get("secnumber"):
                node["secnumber"] = [first, *node["secnumber"][1:]]


def setup(app):
    count = Collector.assign_section_numbers

    def assign_section_numbers(collector, env):
        before = env.toc_secnumbers
        count(collector, env)
        number_by_file(env)
        return [page for page, numbers in env.toc_secnumbers.items() if numbers != before.get(page)]

    Collector.assign_section_numbers = assign_section_numbers
    return {"parallel_read_safe": True, "parallel_write_safe": True}
