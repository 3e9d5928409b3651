"""Every built page in Chromium, in the light theme; the search; and that the checks can fail."""

from tests.site.page_checks import check_page


def test_page(visit, page_path):
    check_page(visit, page_path, "light")


def test_search_finds_a_word_of_the_book(visit):
    page = visit("search.html?q=neural").page
    page.wait_for_selector("#search-results li a")


def test_a_visit_notices_what_no_page_may_do(visit):
    """The checks above can fail: a page made to misbehave is reported."""
    opened = visit("index.html")
    opened.page.evaluate(
        """async () => {
            console.error('planted');
            await fetch('/no-such-file').catch(() => {});
            await fetch('https://example.org/planted').catch(() => {});
            document.body.insertAdjacentHTML('beforeend', '<div style="width: 3000px">.</div>');
        }"""
    )
    complaints = " ".join(opened.complaints())
    assert "planted" in complaints
    assert "404" in complaints
    assert "https://example.org/planted" in complaints  # refused by the page's policy, or else noticed on its way
    assert opened.page.evaluate("document.documentElement.scrollWidth") > 1280
