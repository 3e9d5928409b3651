"""A fixture that the tests of the widgets share."""

from functools import cache

import pytest


def fresh(make):
    """A fixture: the widget that make() gives, made once, and brought back to its first values before each test."""
    made = cache(make)

    @pytest.fixture
    def explorer():
        made().reset()
        return made()

    return explorer
