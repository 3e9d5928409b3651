"""Take the picture of the built site that the README and link previews show: website/style/preview.png.

    python website/preview.py       after `make site`; needs Chromium
"""

import shutil
import sys
import threading
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from website.serve import server

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "website" / "style" / "preview.png"
STEP = 10  # of the film: it still reads this digit wrong, so errors are seen


def main():
    running = server(ROOT / "_build" / "html")
    threading.Thread(target=running.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
        page.goto(f"http://localhost:{running.server_port}/index.html", wait_until="networkidle")
        page.fill("#film-step", str(STEP))
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
        page.wait_for_timeout(300)
        page.screenshot(path=PICTURE)
        browser.close()
    running.shutdown()
    picture = Image.open(PICTURE).convert("RGB")
    few = picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)  # keeps the rare hues
    few.save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
