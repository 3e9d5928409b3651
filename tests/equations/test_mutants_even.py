"""Wrong versions of the equations of the even chapters are rejected."""

import pytest

from tests.equations.judging import EVEN, judge


@pytest.mark.parametrize("page", EVEN, ids=lambda p: p.stem)
def test_wrong_versions_are_rejected(page):
    judge(page)
