"""What people write, as HTML: a small Markdown subset, then an allow-list; no image, no HTML of their own.

Named outside the seven usual files: templates of several domains show texts through its filter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup

from cocon.kernel.language import _

#: Paragraphs, lists, quotations, emphasis, links, mentions; a line break stays one.
RULES = ("list", "blockquote", "emphasis", "link", "newline", "escape", "autolink")
TAGS = {"p", "br", "em", "strong", "ul", "ol", "li", "blockquote", "a", "span"}
ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
#: The parser's time grows with the square of these: a text with more of them is shown as it was typed.
MARKS, MOST_MARKS = "[*_<`\n", 1_000
CLASSES = {"ul": {"dashes"}, "span": {"mention"}}
#: A quotation is a reminder, not a copy.
LONGEST_QUOTATION = 1_500
REL = "nofollow noopener noreferrer"


class _Subset(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser's name for it
        """Whole addresses only: a relative one would pass for a page of the product."""
        return url.lower().startswith(("http://", "https://", "mailto:"))


_MENTION = re.compile(r"@\[([^\[\]\n]{1,300})\]")


def _mention(state: StateInline, silent: bool) -> bool:
    """``@[Name]``, as posting writes it: the name, and nothing that can be clicked."""
    found = _MENTION.match(state.src, state.pos)
    if found is None or found.end() > state.posMax:
        return False
    if not silent:
        state.push("mention_open", "span", 1).attrSet("class", "mention")
        state.push("text", "", 0).content = found[1]
        state.push("mention_close", "span", -1)
    state.pos = found.end()
    return True


def _dashes(*_drawn: object) -> str:
    return '<ul class="dashes">\n'


_markdown = _Subset("zero", {"html": False, "breaks": True, "maxNesting": 20}).enable(list(RULES))
_plain = MarkdownIt("zero", {"html": False, "breaks": True}).enable("newline")
_markdown.inline.ruler.before("emphasis", "mention", _mention)
_markdown.add_render_rule("bullet_list_open", _dashes)


def render(text: str) -> Markup:
    """The text as HTML that can do no harm, whatever was typed."""
    clean = nh3.clean(
        _parser(text).render(text),
        TAGS,
        attributes=ATTRIBUTES,
        allowed_classes=CLASSES,
        url_schemes=SCHEMES,
        link_rel=REL,
    )
    return Markup(clean)  # noqa: S704 - by the allow-list


def parsed(text: str) -> Sequence[Token]:
    """The text in pieces, for what writes it otherwise than as HTML; its links are those that ``render`` would keep."""
    return _parser(text).parse(text)


def _parser(text: str) -> MarkdownIt:
    return _markdown if sum(map(text.count, MARKS)) <= MOST_MARKS else _plain


def quotation(author: str, text: str) -> str:
    """What ``author`` wrote, without what he quoted himself, as lines to answer under."""
    own = "\n".join(line for line in text.split("\n") if not line.startswith(">")).strip()
    if len(own) > LONGEST_QUOTATION:
        own = own[:LONGEST_QUOTATION].rstrip() + "…"
    said = str(_("%(author)s a écrit\u00a0:", author=author))
    return "\n".join(f"> {line}".rstrip() for line in (said, *own.split("\n"))) + "\n\n"
