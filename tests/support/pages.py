"""What every page and every part must be, whatever it says; each check answers with the faults it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import html5lib
from bs4 import BeautifulSoup, Tag

REFERENCES = {"for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "aria-errormessage"}
ROOTS = {"tr": "tbody", "td": "tr", "th": "tr", "tbody": "table", "li": "ul", "option": "select"}


def words(text: str) -> str:
    """A text with each run of spaces, breaking or not, as one space."""
    return " ".join(text.split())


def page_faults(source: str, html: BeautifulSoup | None = None) -> list[str]:
    """What is wrong with a whole page, and with its tree when that is known."""
    html = html or BeautifulSoup(source, "html.parser")
    return [*_grammar(source, None), *_found(html, (_heading, _references)), *part_faults(html)]


def part_source_faults(source: str, html: BeautifulSoup | None = None) -> list[str]:
    """What is wrong with what htmx receives."""
    html = html or BeautifulSoup(source, "html.parser")
    first = html.find(True)
    container = ROOTS.get(first.name, "div") if isinstance(first, Tag) else "div"
    return [*_grammar(source, container), *part_faults(html)]


def part_faults(html: BeautifulSoup) -> list[str]:
    """What is wrong with any piece of HTML."""
    return _found(html, (_identifiers, _forms, _inline))


def _found(html: BeautifulSoup, checks: tuple[Callable[[BeautifulSoup], Iterator[str]], ...]) -> list[str]:
    return [fault for check in checks for fault in check(html)]


def _grammar(source: str, container: str | None) -> list[str]:
    parser = html5lib.HTMLParser()
    if container is None:
        parser.parse(source)
    else:
        parser.parseFragment(source, container=container)
    lines = source.splitlines() or [""]
    return [
        f"HTML: {code} {data} at line {line}: {lines[min(line, len(lines)) - 1].strip()}"
        for (line, _column), code, data in parser.errors
    ]


def _heading(html: BeautifulSoup) -> Iterator[str]:
    headings = html.select("h1")
    if len(headings) != 1:
        yield f"{len(headings)} h1 instead of one"
        return
    title = words(html.title.get_text()) if html.title else ""
    heading = words(headings[0].get_text(" "))
    if not heading:
        yield "the h1 is empty"
    if not title.startswith((heading, "Erreur :")):
        yield f"the title « {title} » does not start with the h1 « {heading} »"


def _identifiers(html: BeautifulSoup) -> Iterator[str]:
    for identifier, times in Counter(str(tag["id"]) for tag in html.find_all(id=True)).items():
        if times > 1:
            yield f"id {identifier} is there {times} times"


def _references(html: BeautifulSoup) -> Iterator[str]:
    tags = list(html.find_all(True))
    known = {"", *(str(tag["id"]) for tag in tags if "id" in tag.attrs)}
    for tag in tags:
        for attribute in tag.attrs.keys() & REFERENCES:
            for wanted in _tokens(tag, attribute):
                if wanted not in known:
                    yield f"{attribute}={wanted} leads nowhere"
        for attribute in tag.attrs.keys() & {"href", "hx-target"}:
            value = str(tag[attribute])
            if value.startswith("#") and value[1:] not in known:
                yield f"{attribute}={value} leads nowhere"


def _forms(html: BeautifulSoup) -> Iterator[str]:
    for form in html.select("form"):
        name = f"form {form.get('action')}"
        if not form.get("action"):
            yield f"{name} has no action"
        method = str(form.get("method", "")).lower()
        if method not in ("get", "post"):
            yield f"{name} has no method"
        for field in ("csrf_token", "idempotency_key") if method == "post" else ():
            if not form.select_one(f'input[type=hidden][name={field}][value]:not([value=""])'):
                yield f"{name} has no {field}"


def _inline(html: BeautifulSoup) -> Iterator[str]:
    for tag in html.find_all(True):
        if tag.name == "style" or "style" in tag.attrs or (tag.name == "script" and "src" not in tag.attrs):
            yield f"inline style or script: {tag.name}"
        for attribute in tag.attrs:
            if attribute.startswith(("on", "hx-on")):
                yield f"inline handler {attribute} on {tag.name}"


def _tokens(tag: Tag, attribute: str) -> list[str]:
    value = tag[attribute]
    return value.split() if isinstance(value, str) else list(value)
