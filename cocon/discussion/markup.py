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
#: The parser's time grows with the square of these: a text with more of them is shown as it was typed.
MARKS, MOST_MARKS = "[*_<`\n", 1_000
REL = "nofollow noopener noreferrer"


class _Subset(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser's name for it
        """Whole addresses only: a relative one would pass for a page of the product."""
        return url.lower().startswith(("http://", "https://", "mailto:"))


def _dashes(*_drawn: object) -> str:
    return '<ul class="dashes">\n'


_markdown = _Subset("zero", {"html": False, "breaks": True, "maxNesting": 20}).enable(list(RULES))
_plain = MarkdownIt("zero", {"html": False, "breaks": True}).enable("newline")
_markdown.add_render_rule("bullet_list_open", _dashes)


def render(text: str) -> Markup:
    """The text as HTML that can do no harm, whatever was typed."""
    parser = _markdown if sum(map(text.count, MARKS)) <= MOST_MARKS else _plain
    clean = nh3.clean(
        parser.render(text),
        TAGS,
        attributes=ATTRIBUTES,
        allowed_classes={"ul": {"dashes"}},
        url_schemes=SCHEMES,
        link_rel=REL,
    )
    return Markup(clean)  # noqa: S704 - by the allow-list
