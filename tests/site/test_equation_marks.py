"""The marks beside the equations: they open by keyboard, tell, show shapes, and fit a phone."""

import pytest

PAGE = "chapters/06-backprop.html"
BP2 = '.marked-equation[data-label="eq-bp2"]'


@pytest.fixture
def page(visit):
    opened = visit(PAGE, "light")
    opened.page.wait_for_function("!document.querySelector('div.math:not(:has(mjx-container))')")
    yield opened.page
    assert opened.complaints() == []


def test_every_labelled_equation_has_its_mark(page):
    bare = "[...document.querySelectorAll('div.math[id^=equation-eq-]')].filter(m => !m.closest('.marked-equation'))"
    assert page.evaluate(f"{bare}.map(m => m.id)") == []
    assert page.locator(".marked-equation").count() >= 10


def test_a_mark_opens_by_keyboard_and_tells(page):
    box = page.locator(BP2)
    assert not box.locator(".equation-panel").is_visible()
    box.locator("summary").focus()
    page.keyboard.press("Enter")
    panel = box.locator(".equation-panel")
    panel.wait_for(state="visible")
    words = panel.inner_text()
    for expected in ("Evaluated as printed", "In words", "Implemented by", "Dense.backward", "Would have been caught"):
        assert expected in words
    page.wait_for_function(f"!document.querySelector('{BP2} .eq-math:not(:has(mjx-container))')".replace('"', "\\\""))
    assert panel.locator("table.eq-symbols tbody tr").count() >= 3
    page.keyboard.press("Enter")
    panel.wait_for(state="hidden")


def test_the_mark_has_a_name_for_those_who_hear_the_page(page):
    name = page.locator(f"{BP2} summary").inner_text()
    assert "evaluated as printed" in name
    assert "bp2" in name


def test_symbols_have_the_colour_of_their_role(page):
    colours = page.evaluate(f"""['W', 'delta', 'z'].map(role => {{
        const symbol = document.querySelector(`{BP2.replace('"', "'")} > div.math .sym-${{role}}`);
        const style = getComputedStyle(document.documentElement);
        const swatch = document.createElement('i');
        swatch.style.color = style.getPropertyValue(`--sym-${{role}}`);
        document.body.append(swatch);
        return symbol && getComputedStyle(symbol).color === getComputedStyle(swatch).color;
    }})""")
    assert colours == [True, True, True]


def test_shapes_come_and_go(page):
    box = page.locator(BP2)
    before = box.locator("div.math mjx-container").first.evaluate("e => e.textContent")
    box.locator("summary").click()
    button = box.get_by_role("button", name="Show shapes")
    button.click()
    page.wait_for_selector(f"{BP2} > div.math .eq-shape")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    page.wait_for_function(f"!document.querySelector(`{BP2} > div.math .eq-shape`)")
    assert box.locator("div.math mjx-container").first.evaluate("e => e.textContent") == before


def test_shapes_on_the_whole_page(page):
    box = page.locator(BP2)
    box.locator("summary").click()
    box.get_by_role("button", name="Shapes on the whole page").click()
    page.wait_for_function("document.querySelectorAll('.marked-equation.with-shapes').length === "
                           "document.querySelectorAll('.marked-equation[data-shaped]').length")
    assert page.locator("mjx-merror").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_panels_fit_a_phone(visit, theme):
    opened = visit(PAGE, theme)
    page = opened.page
    page.set_viewport_size({"width": 360, "height": 900})
    page.evaluate("document.querySelectorAll('.equation-mark').forEach(d => { d.open = true; })")
    page.wait_for_function("!document.querySelector('.eq-math:not(:has(mjx-container))')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("mjx-merror").count() == 0
    assert opened.complaints() == []
