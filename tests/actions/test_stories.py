"""Stories of two to five editors on the sections of a draft or of a fork: no accepted text is ever lost."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cocon.actions import drafts, operations, queries, sections
from cocon.actions.drafts import Clashing, Copy, Late
from cocon.actions.models import Draft
from cocon.actions.sections import BY_SLUG, Section
from cocon.contracts import queries as contract_queries
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE, fields, hurry, known, share
from tests.factories import World

pytestmark = pytest.mark.engines("sqlite")

QUESTIONS = {"contexte": "context", "contenu": "content", "resultats": "results"}
#: Who acts, in which section, and whether the answer is lost on the way.
STEP = st.tuples(
    st.integers(0, 4), st.sampled_from(sorted(QUESTIONS)), st.sampled_from(["save", "save", "lost", "open"])
)
STORY = st.tuples(st.booleans(), st.integers(2, 5), st.lists(STEP, min_size=4, max_size=25))


@dataclass
class Editor:
    """One page per section: what it knows, what it holds."""

    actor: Actor
    name: str
    copies: dict[str, Copy] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    typed: int = 0
    opened: int = 0

    def open(self, draft: Draft, section: Section) -> None:
        """Load a section, and what it says."""
        question = QUESTIONS[section.slug]
        self.opened += 1
        page = f"{self.name}-{section.slug}-{self.opened}"
        self.copies[section.slug] = Copy(version=drafts.revision_of(draft, section), page=page)
        self.texts[section.slug] = str(draft.fields.get(question, ""))

    def write(self, section: Section) -> dict[str, str | list[str]]:
        """Add a line that nobody else writes."""
        self.typed += 1
        self.texts[section.slug] = f"{self.texts[section.slug]}\n{self.name}{self.typed}".strip()
        return {QUESTIONS[section.slug]: self.texts[section.slug]}

    def save(self, draft: Draft, section: Section, *, lost: bool) -> Draft:
        """Send; merge when a colleague was there before."""
        typed, copy = self.write(section), self.copies[section.slug]
        copy = Copy(version=copy.version, page=copy.page, turn=copy.turn + 1)
        try:
            kept = drafts.save(self.actor, draft.id, section, copy=copy, fields=typed)
        except Clashing:
            db.session.rollback()
            kept = self.merge(draft, section, copy, typed)
            copy = self.copies[section.slug]
        known = copy.version if lost else drafts.revision_of(kept, section)
        self.copies[section.slug] = Copy(version=known, page=copy.page, turn=copy.turn)
        return kept

    def merge(self, draft: Draft, section: Section, copy: Copy, typed: dict[str, str | list[str]]) -> Draft:
        """Both texts, as the merge page proposes, from a new page."""
        current = drafts.find(self.actor, draft.action_id or draft.id)
        assert current is not None
        base = drafts.former(current, section, copy.version)
        merged = sections.merge(base, current.fields, typed, list(section.names))
        both = {**merged.fields, **merged.combined}
        self.open(current, section)
        self.texts[section.slug] = str(both[QUESTIONS[section.slug]])
        fresh = Copy(version=self.copies[section.slug].version, page=self.copies[section.slug].page, turn=1)
        self.copies[section.slug] = fresh
        return drafts.save(self.actor, draft.id, section, copy=fresh, fields=both)


def play(world: World, story: tuple[bool, int, list[tuple[int, str, str]]]) -> None:
    """Play a story; every line accepted is in the draft at the end, once."""
    forked, number, steps = story
    owner = world.actor("representative", GRENOBLE)
    draft = _begin(owner, forked=forked)
    roles = ("representative", "contributor", "deputy", "contributor", "representative")
    editors = [Editor(world.actor(roles[place], GRENOBLE), f"e{place}-") for place in range(number)]
    for editor in editors:
        for slug in QUESTIONS:
            editor.open(draft, BY_SLUG[slug])
    accepted: set[tuple[str, str]] = set()
    for who, slug, what in steps:
        editor, section = editors[who % number], BY_SLUG[slug]
        if what == "open":
            editor.open(draft, section)
            continue
        draft = editor.save(draft, section, lost=what == "lost")
        accepted.add((slug, f"{editor.name}{editor.typed}"))
    for slug, question in QUESTIONS.items():
        lines = str(draft.fields.get(question, "")).split("\n")
        assert {line for where, line in accepted if where == slug} <= set(lines)
        assert len(lines) == len(set(lines))
    _publish(owner, draft, accepted)


def _publish(owner: Actor, draft: Draft, accepted: set[tuple[str, str]]) -> None:
    """What was accepted is in the version that the history keeps."""
    text = {question: str(draft.fields.get(question, "")) for question in QUESTIONS.values()}
    if draft.action_id is None:
        action_id = draft.id
        place = contract_queries.outline().axes[0].id
        operations.share_action(owner, draft, axis_id=place, fields=fields(**text))
    else:
        action_id = draft.action_id
        action = known(action_id)
        if not any(text.values()):
            return
        operations.publish_version(owner, action, revision=action.rev, summary="s", fields=fields(**text), fork=draft)
    whole = queries.whole(action_id)
    assert whole is not None
    for slug, question in QUESTIONS.items():
        published = set(str(getattr(whole.version, question)).split("\n"))
        assert {line for where, line in accepted if where == slug} <= published


def _begin(owner: Actor, *, forked: bool) -> Draft:
    if not forked:
        return drafts.start(owner, {"title": "Une fiche"})
    action = share(owner)
    draft = drafts.keep(drafts.new(owner, {"title": "Une fiche"}, action.id, 1))
    db.session.commit()
    return draft


def stories(most: int) -> settings:
    """So many stories, none of them random at night."""
    return settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    hurry()
    return World.installed()


def test_no_story_loses_a_line(world: World) -> None:
    stories(2_000)(given(STORY)(lambda story: play(world, story)))()


def test_a_save_that_overwrites_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: without the revision of the section, a story loses a line."""
    monkeypatch.setattr(drafts, "_demand_same_page", lambda _mark, _copy: None)
    with pytest.raises(AssertionError):
        stories(60)(given(STORY)(lambda story: play(world, story)))()


def test_a_late_request_is_refused_in_a_story(world: World) -> None:
    draft = drafts.start(world.actor("representative", GRENOBLE), {})
    editor = Editor(world.actor("representative", GRENOBLE), "e")
    section = BY_SLUG["contexte"]
    editor.open(draft, section)
    draft = editor.save(draft, section, lost=True)
    draft = editor.save(draft, section, lost=True)
    with pytest.raises(Late):
        drafts.save(editor.actor, draft.id, section, copy=Copy(page=editor.copies["contexte"].page, turn=1), fields={})
