"""The launch menu also names JupyterLab on the reader's own machine and a JupyterHub of the reader's.

Binder and Colab have one address for everyone, and the theme links to them. These two do not: the entries lead to
appendix/jupyter.md, which says what to type. The repository's address there comes from _config.yml, as in the theme.
"""

from urllib.parse import urlencode

PAGE = "appendix/jupyter"
ENTRIES = (
    ("JupyterLab on your machine", "fas fa-laptop", "jupyter-here"),
    ("JupyterHub", "fas fa-server", "jupyter-hub"),
)


def substitutions(app, config):
    """What appendix/jupyter.md says of the repository."""
    options = config.html_theme_options
    url, branch = options["repository_url"], options["repository_branch"]
    folder = url.rsplit("/", 1)[-1]
    place = f"lab/tree/{folder}/chapters/01-neuron.ipynb"
    query = urlencode({"repo": url, "branch": branch, "urlpath": place}, safe="/:")
    config.myst_substitutions = config.myst_substitutions | {
        "in_a_terminal": f"```sh\ngit clone {url}\ncd {folder}\nmake lab\n```",
        "in_a_first_cell": f"```text\n!git clone {url}\n%cd {folder}\n%pip install -q anywidget\n```",
        "hub_link": f"```text\nhttps://YOUR-HUB/hub/user-redirect/git-pull?{query}\n```",
    }


def entries(app, pagename, templatename, context, doctree):
    """Add them behind the theme's own, on the pages that have a launch menu."""
    for group in context.get("header_buttons", []):
        if group.get("label") == "launch-buttons":
            group["buttons"] += [
                {"type": "link", "text": text, "icon": icon, "tooltip": "How to open the chapters there",
                 "url": f"{context['pathto'](PAGE)}#{anchor}"}
                for text, icon, anchor in ENTRIES
            ]  # fmt: skip


def setup(app):
    app.connect("config-inited", substitutions)
    app.connect("html-page-context", entries, priority=900)  # after the theme's
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
