"""What a form carries: any alphabet, read as the standard library reads it, and within bounds."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from cocon.web.body import MOST_FIELDS, TEXT, URLENCODED, Parser
from cocon.web.forms import FAR_TOO_LONG, clean
from tests.support.client import Client
from tests.web.making import REGION, Stage, token

pytestmark = [pytest.mark.template("reference"), pytest.mark.engines("sqlite")]


def read(body: str) -> list[tuple[str, str]]:
    """The fields of a form, in their order."""
    parsed: Any = Parser(max_form_memory_size=TEXT).parse(io.BytesIO(body.encode()), URLENCODED, None, {})
    return list(parsed[1].items(multi=True))


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_what_a_browser_writes_is_read(fields: list[tuple[str, str]]) -> None:
    grouped = sorted(fields, key=lambda field: field[0])
    assert sorted(read(urlencode(fields)), key=lambda field: field[0]) == grouped


@pytest.mark.parametrize("body", ["", "&&a=1&", "a", "a=b=c&d==", "a=\\x41\\u00e9&b=C:\\new", "%61+b=é", "a=1;b=2"])
def test_what_no_browser_writes_is_read_as_elsewhere(body: str) -> None:
    assert read(body) == parse_qsl(body, keep_blank_values=True)


@pytest.mark.parametrize("body", ["a=%", "a=%zz", "a=%4", "a=%ff%fe", "%ed%a0%80=1", "a=%c3"])
def test_what_is_no_text_is_refused(body: str) -> None:
    with pytest.raises(BadRequest):
        read(body)


def test_a_form_has_bounds() -> None:
    assert len(read("&".join(f"a{n}=" for n in range(MOST_FIELDS)))) == MOST_FIELDS
    for body in ("a=&" * MOST_FIELDS, f"a={'x' * TEXT}", f"a={'%41' * TEXT}"):
        with pytest.raises(RequestEntityTooLarge):
            read(body)


@pytest.mark.parametrize("character", ["x", "é", "\U0001f600"])
def test_a_million_characters_reach_the_field(stage: Stage, character: str) -> None:
    client = stage.client("secretariat", REGION)
    page = send(client, f"title={quote_plus(character) * 1_000_000}&csrf_token={token(stage, client)}", 422)
    assert "Ce texte est trop long\u202f: 1\u202f000\u202f000 caractères" in page.text
    assert character * 1_000_000 in page.text


@pytest.mark.parametrize(("character", "count"), [("x", 6_000_000), ("%C3%A9", 2_700_000)])
def test_more_is_refused_and_nothing_is_promised(stage: Stage, character: str, count: int) -> None:
    client = stage.client("secretariat", REGION)
    page = send(client, f"title={character * count}&csrf_token={token(stage, client)}", 413)
    assert "dépasse la taille acceptée (5\u00a0Mo)" in page.text
    assert "si votre navigateur l’a gardé, ce qu’il ne fait pas toujours" in page.text


def test_whom_the_view_does_not_serve_may_send_less(stage: Stage) -> None:
    reader = stage.client("auditor")
    for client, path in ((reader, "/contrat/objectifs"), (reader, "/rien"), (reader, "/connexion")):
        page = send(client, "title=" + "x" * 3_000_000, 413, path)
        assert "(2\u00a0Mo)" in page.text


def send(client: Client, body: str, status: int, path: str = "/contrat/objectifs") -> Any:
    """A form already encoded: the test client takes seconds to encode so much."""
    answer = client.http.post(path, data=body, content_type=URLENCODED)
    assert answer.status_code == status
    return answer


@pytest.mark.parametrize("heap", ["\u0301" * 20_000 + "\u0323" * 20_000, "\u0f73" * 20_000, "\uff9e\u0323" * 9_000])
def test_heaped_marks_are_not_sorted(heap: str) -> None:
    """Sorting them takes the square of their number: minutes, for what a form may hold."""
    assert clean(f" {heap}\r\n") == heap


def test_what_is_far_too_long_stays_so() -> None:
    assert len(clean("e\u0301" * (FAR_TOO_LONG // 2))) == FAR_TOO_LONG // 2
    assert len(clean("e\u0301" * FAR_TOO_LONG)) > FAR_TOO_LONG


@pytest.mark.parametrize("nothing", ["\u200b", " \u200b\u2060\n", "\u3164", "\ufeff\u00ad", "\U000e0041"])
def test_what_shows_nothing_is_nothing(nothing: str) -> None:
    """Else a reason could be given that nobody reads; what has letters keeps its joiners, which some scripts need."""
    assert clean(nothing) == ""
    assert clean(f"a{nothing}b") == f"a{nothing}b"


def test_what_turns_a_line_round_is_refused_rather_than_forgotten() -> None:
    assert clean("\u202e") == "\u202e"
