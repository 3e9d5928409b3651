"""Every built page in Chromium, in the dark theme."""

from tests.site.page_checks import check_page


def test_page(visit, page_path):
    check_page(visit, page_path, "dark")
