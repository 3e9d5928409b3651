"""Wrong versions of the equations of the odd chapters are rejected."""

import pytest

from tests.equations.judging import ODD, judge


@pytest.mark.parametrize("page", ODD, ids=lambda p: p.stem)
def test_wrong_versions_are_rejected(page):
    judge(page)
