"""What people write, as HTML: a small Markdown subset, then an allow-list; no image, no HTML of their own.

Named outside the seven usual files: templates of several domains show texts through its filter.
"""

from __future__ import annotations

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

#: Paragraphs, lists, quotations, emphasis, links; a line break stays one.
RULES = ("list", "blockquote", "emphasis", "link", "newline", "escape", "autolink")
TAGS = {"p", "br", "em", "strong", "ul", "ol", "li", "blockquote", "a"}
ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
REL = "nofollow noopener noreferrer"


class _Subset(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser's name for it
        """Whole addresses only: a relative one would pass for a page of the product."""
        return url.lower().startswith(("http://", "https://", "mailto:"))


_markdown = _Subset("zero", {"html": False, "breaks": True, "maxNesting": 20}).enable(list(RULES))


def render(text: str) -> Markup:
    """The text as HTML that can do no harm, whatever was typed."""
    return Markup(nh3.clean(_markdown.render(text), TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=REL))  # noqa: S704 - cleaned by the allow-list
