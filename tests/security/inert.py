"""What is not ours in a page, read at once by a parser in C: for tests that read hundreds of pages."""

from __future__ import annotations

from typing import Any

from lxml import etree, html

from tests.security.test_exchanges import NEVER, WRITTEN

#: What people write in several lines, and changes in it; the product puts forms and commands there.
OURS = "ancestor-or-self::form[@method='post'] or self::code[@class='digest']"
WRITTEN_IN = " | ".join(
    f"//*[contains(concat(' ', @class, ' '), ' {one} ')]//*[not({OURS})]" for one in ("prose", "old", "new")
)
FOREIGN = {*NEVER.split(", ")}
ADDRESSES = {"href", "action", "formaction", "src", "hx-get", "hx-post", "data"}


def intrusions(page: Any) -> list[str]:
    """What is not ours in a page; ``test_exchanges.intrusions`` says the same, more slowly."""
    found = [tag for tag in page.xpath(WRITTEN_IN) if tag.tag not in WRITTEN]
    for tag in page.iter(etree.Element):
        names = {*tag.keys()}
        said = [tag.get(name).strip().lower() for name in ADDRESSES & names]
        found += [tag] if tag.tag in FOREIGN or "http-equiv" in names or any(map(_leads_away, said)) else []
        found += [tag] if any(name.startswith(("on", "hx-on", "style")) for name in names) else []
        found += [tag] if tag.tag == "script" and not tag.get("src", "").startswith("/static/") else []
    return [html.tostring(tag, encoding="unicode")[:200] for tag in found]


def _leads_away(address: str) -> bool:
    return (
        address.startswith(("javascript:", "data:text", "vbscript:", "//"))
        or "mal.example" in address.partition("?")[0]
    )
