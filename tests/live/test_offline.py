"""The service worker: a chapter once opened computes without a network; a new release replaces the old one."""

import re
import shutil
import threading

import pytest

from tests.live.conftest import CHAPTERS, PATIENCE, Reader
from tests.site.conftest import until
from website.serve import server

pytestmark = pytest.mark.skipif(not CHAPTERS, reason="there are no chapters yet")


@pytest.fixture
def own_site(html, tmp_path):
    """A copy of the site with one chapter, and a server that can be taken away: (folder, address, stop)."""
    for name in ("_static", "live", "sw.js", "_sources"):
        source = html / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "chapters").mkdir()
    shutil.copy(html / "chapters" / f"{CHAPTERS[0]}.html", tmp_path / "chapters")
    running = server(tmp_path)
    threading.Thread(target=running.serve_forever, daemon=True).start()

    def stop():
        running.shutdown()
        running.server_close()

    yield tmp_path, f"http://localhost:{running.server_port}/", stop
    stop()


def test_a_chapter_once_opened_computes_without_a_network(browser, own_site):
    _, address, stop = own_site
    one = Reader(browser, address, service_workers="allow")
    page = one.chapter(CHAPTERS[0])
    page.wait_for_selector("html[data-live-kept=yes]", state="attached", timeout=PATIENCE)
    assert one.run_source("1 + 1")[1] == "2"

    # a reload is isolated by the worker's headers: Stop interrupts and variables are kept
    page.reload()
    page.wait_for_selector(".live-bar")
    assert page.evaluate("crossOriginIsolated") is True
    assert one.run_source("import matplotlib\nkept = 41\nkept")[1] == "41"
    page.evaluate("livePage.cells[0].source = 'while True: pass'")
    page.evaluate("void livePage.queue([livePage.cells[0]])")
    until(lambda: page.evaluate("livePage.cells[0].state") == "running", "the loop to run")
    page.wait_for_timeout(300)
    page.get_by_role("button", name="■ Stop").click()
    until(lambda: "Variables are kept" in page.locator(".live-note").inner_text(), "the interrupt", 10)
    assert one.run_source("kept + 1")[1] == "42"

    stop()
    one.context.set_offline(True)
    page.reload()
    page.wait_for_selector(".live-bar")
    assert one.run_source("20 + 2")[1] == "22"
    one.context.set_offline(False)
    one.close()


def test_a_new_release_drops_the_old_caches(browser, own_site):
    folder, address, _ = own_site
    one = Reader(browser, address, service_workers="allow")
    page = one.chapter(CHAPTERS[0])
    page.wait_for_selector("html[data-live-kept=yes]", state="attached", timeout=PATIENCE)
    before = page.evaluate("caches.keys()")
    assert len(before) == 1
    worker = (folder / "sw.js").read_text()
    (folder / "sw.js").write_text(re.sub(r'RELEASE = "\w+"', 'RELEASE = "another"', worker))
    page.reload()
    page.wait_for_selector(".live-bar")
    until(lambda: page.evaluate("caches.keys()") == ["every-equation-runs-another"], "the old cache to go")
    one.close()
