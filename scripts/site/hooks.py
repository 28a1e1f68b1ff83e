"""MkDocs' hooks: pages made from the code, the project's font, and llms.txt."""

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # MkDocs loads this file by itself

from scripts.site import pages  # noqa: E402

_UPWARD = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+)([^)#]+)(?:#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that the code makes, the style sheet and the font."""
    for name, content in pages.make_all().items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turns links to the source, which is not on the site, into its path."""
    depth = page.file.src_uri.count("/")

    def replace(link: re.Match[str]) -> str:
        leaves = link[2].count("../") > depth
        return f"{link[1]} (`{link[3]}`)" if leaves else link[0]

    return _UPWARD.sub(replace, markdown)


def on_nav(nav: Navigation, config: MkDocsConfig, **_: Any) -> None:
    """Keeps the pages in their order, for `on_post_build`."""
    config.extra["pages"] = [
        (page.title or page.file.name, page.file.src_uri) for page in nav.pages
    ]


def on_post_build(config: MkDocsConfig) -> None:
    """Writes llms.txt: every page in a line, for programs that read documentation."""
    lines = ["# Mien", "", f"> {config.site_description}", ""]
    for title, source in config.extra["pages"]:
        lines.append(f"- [{title}]({source.removesuffix('.md')}.html)")
    Path(config.site_dir, "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
