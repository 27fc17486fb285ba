"""Values beyond what a calendar, a column or a parser can bear are refused, quickly, without an error of the server."""

from __future__ import annotations

import time
from urllib.parse import urlencode

import pytest

from cocon.catalogue.wording import MOST_WORDS
from cocon.discussion.markup import MARKS, MOST_MARKS, render
from cocon.kernel.folding import wanted
from cocon.web.forms import TEXT
from tests.web.making import GRENOBLE, Stage

pytestmark = pytest.mark.template("reference")


@pytest.mark.parametrize("asked", ["au=9999-12-31", "du=0001-01-01", "du=9999-12-31", "au=0001-01-01"])
def test_the_ends_of_the_calendar(stage: Stage, asked: str) -> None:
    page = stage.client("auditor").get(f"/audit?{asked}")
    assert "n’est pas prise en compte" in page.words()


@pytest.mark.parametrize("number", [str(2**31), str(2**63), "1" * 30, "9" * 5000, "-1", "x", ""])
def test_a_version_that_no_column_could_hold(stage: Stage, number: str) -> None:
    client = stage.secretariat()
    with stage.app.app_context():
        action_id = stage.world.action(stage.world.actor("representative", GRENOBLE), "Une fiche").id
    address = f"/actions/{action_id}/decisions/ouvrir"
    client.get(address)
    client.post(address, {"of_version": number, "deadline": "2099-01-01"}, status=422)


def test_few_words_are_looked_for(stage: Stage) -> None:
    """U+FDFA unfolds into four words: two hundred made a search of six hundred, and seconds of work."""
    assert len(wanted("\ufdfa" * 200)) <= MOST_WORDS
    many = urlencode({"q": " ".join(str(n) for n in range(100, 200))})
    assert "quelques mots suffisent" in stage.client("auditor").get(f"/actions?{many}", status=422).words()


@pytest.mark.parametrize("mark", ["[", "![", "**a", "_a*", "[a](", "* a\n", "- a\n", "1. a\n", "***", "<", "`"])
def test_no_text_takes_long_to_draw(mark: str) -> None:
    """Twice the text costs about twice the work, where what is quadratic costs four times as much."""
    half, whole = (min(_work((mark * TEXT)[:size]) for _again in range(3)) for size in (TEXT // 2, TEXT))
    assert whole < 3 * half + 0.05


def _work(text: str) -> float:
    start = time.process_time()
    render(text)
    return time.process_time() - start


def test_a_text_with_too_many_marks_is_shown_as_typed() -> None:
    assert str(render("**a** <b>")) == "<p><strong>a</strong> &lt;b&gt;</p>\n"
    many = "**a** <b>\n" * MOST_MARKS
    shown = str(render(many))
    assert "<strong>" not in shown
    assert "<b>" not in shown
    assert shown.count("**a** &lt;b&gt;") == MOST_MARKS
    assert set(MARKS) <= set(many + "[`_")
