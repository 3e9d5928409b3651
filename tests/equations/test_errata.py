"""The slips of the source notes: each faulty line is rejected, each correction passes."""

import pytest

from equations.checking import check
from tests.equations.errata import ERRATA

rows = pytest.mark.parametrize(("scene", "faulty", "correct"), [r[1:] for r in ERRATA], ids=[r[0] for r in ERRATA])


@rows
def test_the_faulty_line_is_rejected(scene, faulty, correct):
    verdict = check(faulty, scene)
    assert not verdict.ok
    assert "cannot be evaluated" not in verdict.message
    assert "cannot read" not in verdict.message


@rows
def test_the_correction_passes(scene, faulty, correct):
    verdict = check(correct, scene)
    assert verdict.ok, verdict.message
