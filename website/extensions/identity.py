"""The book's name beside its mark, no second search bar, and what a link to a page shows elsewhere.

Jupyter Book overwrites `html_theme_options` when they are set whole in _config.yml, and with them the repository's
address; so the few the book adds are added here.
"""

import html
import re

from docutils import nodes

DESCRIPTION_LENGTH = 200


def theme_options(app, config):
    """The wordmark beside the logo; the theme's empty header stays empty."""
    options = {"logo": {"text": config.html_title, "alt_text": ""}, "navbar_persistent": []}
    config.html_theme_options = {**config.html_theme_options, **options}


def preview(app, pagename, templatename, context, doctree):
    """Title and description for search engines and for the cards that chats and forums make of a link."""
    if doctree is None:
        return
    title = html.unescape(re.sub("<[^>]+>", "", context.get("title", "")))
    tags = {"og:type": "book", "og:site_name": app.config.html_title, "og:title": title}
    if text := first_paragraph(doctree):
        tags |= {"description": text, "og:description": text}
    if app.config.html_baseurl:  # only an absolute address counts
        tags["og:image"] = f"{app.config.html_baseurl.rstrip('/')}/_static/preview.png"
    for name, content in tags.items():
        kind = "property" if name.startswith("og:") else "name"
        tag = f'<meta {kind}="{name}" content="{html.escape(content)}" />\n'
        context["metatags"] = context.get("metatags", "") + tag


def first_paragraph(doctree):
    """The first paragraph of a page that says something, cut at a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > 40:
            return text if len(text) <= DESCRIPTION_LENGTH else text[:DESCRIPTION_LENGTH].rpartition(" ")[0] + " ..."
    return ""


def setup(app):
    app.connect("config-inited", theme_options)
    app.connect("html-page-context", preview)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
