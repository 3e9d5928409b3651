"""Every link inside the site leads to a page that exists, and to a place on it that exists. No browser needed."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links and the anchors of one page."""

    def __init__(self, path: Path):
        super().__init__()
        self.links, self.anchors = [], {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors |= {values.get("id"), values.get("name")}
        for name in ("href", "src"):
            if values.get(name):
                self.links.append(values[name])


@cache
def parsed(path: Path) -> Page:
    return Page(path)


def broken_links(path: Path) -> list[str]:
    """The links of one page that lead nowhere."""
    broken = []
    for link in parsed(path).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        target = target / "index.html" if target.is_dir() else target
        if not target.is_file():
            broken.append(link)
        elif target.suffix == ".html" and not lands(unquote(parts.fragment), parsed(target).anchors):
            broken.append(f"{link} (no such place on the page)")
    return broken


def lands(fragment: str, anchors: set) -> bool:
    """Whether a page has the place; what follows a colon, as in #playground:depth=3, is for the widget there."""
    return fragment in anchors or fragment.partition(":")[0] in anchors


def test_links_of(html, page_path):
    assert broken_links(html / page_path) == []


def test_a_broken_link_is_found(tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<a id="here" href="#here">x</a><a href="#gone">x</a><a href="none.html">x</a><img src="a.png">'
                    '<a href="#here:depth=3">x</a><a href="#gone:depth=3">x</a>')
    assert broken_links(page) == ["#gone (no such place on the page)", "none.html", "a.png",
                                  "#gone:depth=3 (no such place on the page)"]


def test_a_chapter_has_the_number_of_its_file(html):
    for path in sorted((html / "chapters").glob("*.html")):
        number = int(path.name.partition("-")[0])
        text = path.read_text(encoding="utf-8")
        assert f'<h1><span class="section-number">{number}. </span>' in text
        assert set(re.findall(r'class="eqno">\((\d+)\.', text)) <= {str(number)}


def test_every_chapter_opens_in_jupyter_four_ways(html):
    for path in (html / "chapters").glob("*.html"):
        links = " ".join(parsed(path).links)
        for way in ("mybinder.org", "colab.research", "appendix/jupyter.html#jupyter-here", "jupyter.html#jupyter-hub"):
            assert way in links, (path.name, way)
