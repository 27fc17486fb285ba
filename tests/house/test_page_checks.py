"""The client of the tests refuses each kind of badly made page, and nothing else."""

from __future__ import annotations

import pytest

from tests.support import pages

PAGE = """<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>{title}</title></head>
<body><a href="#corps">Aller au contenu</a><main id="corps"><h1>Le plan\u00a02014</h1>{body}</main></body></html>"""
HIDDEN = '<input type="hidden" name="csrf_token" value="a"><input type="hidden" name="idempotency_key" value="b">'
FORM = f'<form method="post" action="/a">{HIDDEN}<label for="x">X</label><input id="x" name="x"></form>'


def _faults(body: str = "", title: str = "Le plan 2014 – Cocon") -> list[str]:
    return pages.page_faults(PAGE.format(title=title, body=body))


@pytest.mark.parametrize("title", ["Le plan 2014 – Cocon", "Erreur\u00a0: Le plan 2014 – Cocon"])
def test_good_page_passes(title: str) -> None:
    body = f'{FORM}<svg viewBox="0 0 1 1" role="img" aria-labelledby="corps"><circle r="1"/></svg>'
    assert _faults(body, title) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<h1>Un autre</h1>", "2 h1"),
        ('<p id="a"></p><p id="a"></p>', "id a is there 2 times"),
        ("<p>a<div>b</div></p>", "unexpected-end-tag"),
        ("<table><p>a</p></table>", "table-voodoo"),
        ('<label for="absent">A</label>', "for=absent leads nowhere"),
        ('<p aria-describedby="corps absent">A</p>', "aria-describedby=absent leads nowhere"),
        ('<a href="#absent">A</a>', "href=#absent leads nowhere"),
        (f'<form method="post">{HIDDEN}</form>', "has no action"),
        ('<form action="/a"></form>', "has no method"),
        (FORM.replace("csrf_token", "token"), "has no csrf_token"),
        (FORM.replace('value="b"', 'value=""'), "has no idempotency_key"),
        ('<p style="color:red">A</p>', "inline style"),
        ("<script>go()</script>", "inline style or script"),
        ('<button type="button" onclick="go()">A</button>', "inline handler onclick"),
    ],
)
def test_bad_page_is_refused(body: str, said: str) -> None:
    faults = _faults(body)
    assert any(said in fault for fault in faults), faults


def test_title_must_start_with_the_heading() -> None:
    assert any("does not start" in fault for fault in _faults(title="Cocon – Le plan 2014"))


@pytest.mark.parametrize(
    "part", ['<tr id="a"><td>1</td></tr>', f'<section id="a">{FORM}</section>', '<li id="a">1</li>']
)
def test_good_part_passes(part: str) -> None:
    assert pages.part_source_faults(part) == []


@pytest.mark.parametrize("part", ["<p>a<div>b</div></p>", '<p id="a"></p><p id="a"></p>', '<form action="/a"></form>'])
def test_bad_part_is_refused(part: str) -> None:
    assert pages.part_source_faults(part)
