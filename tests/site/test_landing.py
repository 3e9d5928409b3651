"""The film on the landing page: its numbers are nnlib's, it moves, stops, and speaks."""

import json
import re

import numpy as np
import pytest

from website.extensions import film


@pytest.fixture(scope="module")
def shown(html):
    """What the built page was given to draw."""
    page = (html / "index.html").read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json" id="film-data">(.*?)</script>', page, flags=re.DOTALL)
    return json.loads(data.replace("<\\/", "</"))


def test_the_page_shows_what_nnlib_computes(shown):
    again = json.loads(json.dumps(film.record()))
    assert shown["sizes"] == again["sizes"]
    np.testing.assert_allclose(shown["costs"], again["costs"], atol=5e-3)
    assert [frame["label"] for frame in shown["frames"]] == [frame["label"] for frame in again["frames"]]


def test_errors_of_the_last_layer_are_output_minus_target(shown):
    for frame in shown["frames"]:
        target = np.eye(10)[frame["label"]]
        np.testing.assert_allclose(frame["delta"][2], np.subtract(frame["a"][2], target), atol=2e-3)


def test_a_silent_relu_passes_no_error_back(shown):
    for frame in shown["frames"]:
        for a, delta in zip(frame["a"][:2], frame["delta"][:2], strict=True):
            assert all(error == 0 for activation, error in zip(a, delta, strict=True) if activation == 0)


def test_the_network_learns(shown):
    before, after = shown["accuracy"]
    assert before < 0.2
    assert after > 0.7
    assert np.mean(shown["costs"][-50:]) < np.mean(shown["costs"][:50]) / 3


@pytest.mark.parametrize("label", ["eq-no-such-label", "eq-"])
def test_a_line_that_is_not_there_stops_the_build(label):
    with pytest.raises(Exception, match="must have one line with the comment"):
        film.source_line(film.layers.Dense.backward_error, label)


PICTURE = "document.querySelector('.film canvas').toDataURL()"
READOUT = "document.querySelector('.film-readout').textContent"


def test_it_plays_and_pauses_by_keyboard(visit):
    page = visit("index.html").page
    page.wait_for_selector(".film-play")
    first = page.evaluate(PICTURE)
    page.wait_for_timeout(600)
    assert page.evaluate(PICTURE) != first, "the film does not move"
    page.focus(".film-play")
    page.keyboard.press("Enter")
    assert page.inner_text(".film-play") == "Play"
    stopped = page.evaluate(PICTURE)
    page.wait_for_timeout(300)
    assert page.evaluate(PICTURE) == stopped, "the film goes on after Pause"


def test_the_slider_chooses_a_step_and_the_words_follow(visit, shown):
    page = visit("index.html").page
    page.focus("#film-step")
    page.keyboard.press("End")
    last = shown["frames"][-1]
    assert page.evaluate(READOUT).startswith(f"Step {last['step']} of {len(shown['costs'])}: a {last['label']}, ")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(READOUT).startswith(f"Step {shown['frames'][-2]['step']} ")


def test_who_asked_for_less_motion_gets_a_still_picture(visit):
    page = visit("index.html").page
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    page.wait_for_selector(".film-play")
    assert page.inner_text(".film-play") == "Play"
    still = page.evaluate(PICTURE)
    page.wait_for_timeout(500)
    assert page.evaluate(PICTURE) == still


def test_the_book_is_set_in_its_own_typefaces(visit):
    page = visit("index.html").page
    page.evaluate("document.fonts.ready")
    loaded = page.evaluate("[...document.fonts].filter(font => font.status === 'loaded').map(font => font.family)")
    assert {"Source Serif 4", "Instrument Sans", "Source Code Pro"} <= {family.strip('"') for family in loaded}
