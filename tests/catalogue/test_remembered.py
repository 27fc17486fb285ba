"""Counts remembered until the log grows: never one entry too old, never past a deadline, each reader its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cocon.catalogue.remembered import MOST, Remembered
from cocon.decisions import operations as decisions
from cocon.kernel import clock
from tests.actions.making import GRENOBLE, METRO, REGION, known, statements
from tests.web.making import Stage

pytestmark = pytest.mark.template("reference")
AWAITED = "/actions?echeance=oui"


@pytest.fixture
def stage(app: object) -> Stage:
    """The application under test, and who uses it."""
    return Stage(app)  # type: ignore[arg-type]


def shared(stage: Stage) -> str:
    with stage.app.app_context():
        return stage.world.action(stage.world.actor("representative", METRO)).id


def test_what_a_log_of_that_length_says_is_remembered() -> None:
    memory: Remembered[str] = Remembered()
    now = clock.now()
    memory.keep(7, "question", "answer", since=now, until=None)
    assert memory.find(7, "question") == "answer"
    assert memory.find(8, "question") is None
    assert memory.find(6, "question") is None
    assert memory.find(7, "another") is None
    memory.keep(8, "other", "later", since=now, until=None)
    assert memory.find(7, "question") is None
    memory.keep(7, "question", "too late", since=now, until=None)
    assert memory.find(8, "question") is None
    assert memory.find(8, "other") == "later"


def test_nothing_is_remembered_past_a_deadline_nor_before_it_was_read() -> None:
    memory: Remembered[str] = Remembered()
    now = clock.now()
    memory.keep(7, "question", "answer", since=now, until=now + timedelta(hours=1))
    for later, said in ((0, "answer"), (59, "answer"), (60, None), (-1, None)):
        with clock.standing_at(now + timedelta(minutes=later)):
            assert memory.find(7, "question") == said


def test_the_oldest_question_is_forgotten_first() -> None:
    memory: Remembered[int] = Remembered()
    now = clock.now()
    for number in range(MOST):
        memory.keep(7, number, number, since=now, until=None)
    assert memory.find(7, 0) == 0
    memory.keep(7, MOST, MOST, since=now, until=None)
    assert memory.find(7, 1) is None
    assert memory.find(7, 0) == 0


def test_the_list_counts_every_act_at_once(stage: Stage) -> None:
    client = stage.client("reader", GRENOBLE)
    for number in range(1, 4):
        shared(stage)
        assert client.get("/actions").words("h2").startswith(f"{number} fiche")
        with statements() as seen:
            assert client.get("/actions").words("h2").startswith(f"{number} fiche")
        assert not any("UNION ALL" in one for one in seen), "the counts were read again"


def test_the_deadline_of_a_consultation_is_seen_to_pass(stage: Stage) -> None:
    action_id = shared(stage)
    mine, other = stage.client("representative", GRENOBLE), stage.client("auditor")
    with stage.app.app_context():
        office = stage.world.actor("secretariat", REGION)
        deadline = clock.today() + timedelta(days=2)
        decisions.open_consultation(office, known(action_id), deadline=deadline)
    for _again in range(2):
        assert "1 fiche" in mine.get(AWAITED).words("h2")
    with clock.standing_at(clock.now() + timedelta(days=4)):
        later = stage.client("representative", GRENOBLE)
        assert "Aucune fiche" in later.get(AWAITED).words("h2")
    assert "L’avis de votre organisation est attendu" not in other.get("/actions").words()
