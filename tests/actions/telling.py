"""Editors who write, replace and remove paragraphs, milestones and costs of one fiche, and what should come of it.

Every paragraph and every row is a word of its own, written once: what should be there is what was written and that
nobody removed. Nothing here looks at how the product merges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cocon.actions import drafts, merging, operations, queries
from cocon.actions.drafts import Clashing, Copy
from cocon.actions.models import Draft, Milestone
from cocon.actions.operations import VersionFields
from cocon.actions.refusals import NothingChanged
from cocon.actions.rows import read_due
from cocon.actions.sections import BY_SLUG, Typed
from cocon.contracts import queries as contract_queries
from cocon.kernel import money
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.structure import operations as structure
from cocon.suggestions import operations as suggestions
from tests.actions.making import GRENOBLE, ISERE, REGION, fields, known, share
from tests.factories import World
from tests.suggestions.making import accept, suggest

#: The texts, and what parts their paragraphs.
TEXTS = {"contexte": ("context", "\n"), "contenu": ("content", "\n\n")}
SLUGS = (*TEXTS, "calendrier", "cout")
#: The amounts: two costs, a third said by nature, and what is brought in kind.
AMOUNTS = ("cost_2014", "cost_2016", "charge_2015_60", "charge_2015_64", "charge_2014_86")
FIRST = ("un", "deux", "trois")


@dataclass
class Ledger:
    """What was written in each section and what was removed on purpose; the costs, the last said of each."""

    written: set[tuple[str, str]] = field(default_factory=set)
    removed: set[tuple[str, str]] = field(default_factory=set)
    costs: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Ledger:
        """As it is now."""
        return Ledger(set(self.written), set(self.removed), dict(self.costs))

    def takes(self, other: Ledger, slug: str | None = None) -> None:
        """Both, in one section or in all."""
        self.written |= {one for one in other.written if slug in (None, one[0])}
        self.removed |= {one for one in other.removed if slug in (None, one[0])}

    def demand(self, said: Typed) -> None:
        """A text says all that it should, once, and nothing that was removed."""
        for slug in SLUGS[:3]:
            there = items(said, slug)
            assert len(there) == len(set(there)), (slug, there)
            wanted = {item for where, item in self.written - self.removed if where == slug}
            assert set(there) == wanted, (slug, set(there) ^ wanted)
        assert costs(said) == self.costs


def items(said: Typed, slug: str) -> list[str]:
    """The paragraphs or the rows of a section."""
    if slug in TEXTS:
        return [line for line in str(said.get(TEXTS[slug][0], "")).split("\n") if line]
    rows = (name.split("-") for name in said if name.startswith("milestones-") and name.endswith("-title"))
    return [str(said[f"milestones-{place}-title"]) for place in sorted(int(row[1]) for row in rows)]


def costs(said: Typed) -> dict[str, str]:
    """The costs that are said, by name."""
    typed = {name: str(said.get(name) or "") for name in AMOUNTS}
    return {name: str(money.parse(value)) for name, value in typed.items() if value}


def due(item: str) -> str:
    """The month of a row, of which several rows may have the same."""
    return f"2015-{len(item) % 3 + 1:02}"


def typed(slug: str, there: list[str]) -> dict[str, str | list[str]]:
    """Paragraphs or rows as somebody types them."""
    if slug in TEXTS:
        name, apart = TEXTS[slug]
        return {name: apart.join(there)}
    rows = enumerate(there)
    return {f"milestones-{n}-{cell}": value for n, one in rows for cell, value in (("due", due(one)), ("title", one))}


def version_of(said: Typed) -> VersionFields:
    """A text ready to be published."""
    steps = [Milestone(due=read_due(due(one)) or "", title=one) for one in items(said, "calendrier")]
    texts = {name: str(said.get(name, "")) for name, _apart in TEXTS.values()}
    return fields(**texts, milestones=steps, **_amounts(costs(said)))


def _amounts(said: dict[str, str]) -> dict[str, Any]:
    """The costs and the charges: those of 2015 are its cost."""
    years = {int(name[5:]): int(cents) for name, cents in said.items() if name.startswith("cost_")}
    charges = {(int(name[7:11]), name[12:]): int(cents) for name, cents in said.items() if name.startswith("charge_")}
    spent = [cents for (year, _nature), cents in charges.items() if year == 2015]
    return {"costs": years | ({2015: sum(spent)} if spent else {}), "charges": charges}


def text_of(whole: queries.Whole) -> dict[str, str | list[str]]:
    """A version as somebody would type it."""
    texts = {name: getattr(whole.version, name) for name, _apart in TEXTS.values()}
    steps = [one.title for one in whole.version.milestones]
    said = {f"cost_{year}": str(cents) for year, cents in whole.costs.items() if f"cost_{year}" in AMOUNTS}
    said |= {f"charge_{year}_{nature}": str(cents) for (year, nature), cents in whole.charges.items()}
    return {**texts, **typed("calendrier", steps), **_costs(said)}


@dataclass
class Page:
    """One section as somebody sees it: what it knows, what it holds, what was done there and is not saved."""

    copy: Copy
    base: int | None
    there: list[str]
    costs: dict[str, str]
    read: dict[str, str]
    ledger: Ledger
    done: Ledger = field(default_factory=Ledger)


@dataclass
class Tale:
    """A fiche, those who write it, what should be in the text prepared and in each version."""

    world: World
    forked: bool
    number: int
    owner: Actor = field(init=False)
    editors: list[Actor] = field(init=False)
    draft: Draft | None = None
    action_id: str = ""
    prepared: Ledger = field(default_factory=Ledger)
    versions: dict[int, Ledger] = field(default_factory=dict)
    pages: dict[tuple[int, str], Page] = field(default_factory=dict)
    words: int = 0
    merges: int = 0

    def __post_init__(self) -> None:
        roles = ("representative", "contributor", "deputy", "contributor", "representative")
        self.owner = self.world.actor("representative", GRENOBLE)
        self.editors = [self.world.actor(role, GRENOBLE) for role in roles[: self.number]]
        self.prepared.written = {(slug, f"{word}{slug}") for slug in SLUGS[:3] for word in FIRST}
        said = {name: value for slug in SLUGS[:3] for name, value in typed(slug, self._first(slug)).items()}
        if self.forked:
            self.action_id = share(self.owner, **vars_of(version_of(said))).id
            self.versions[1] = self.prepared.copy()
        else:
            self.draft = drafts.start(self.owner, said)

    @staticmethod
    def _first(slug: str) -> list[str]:
        return [f"{word}{slug}" for word in FIRST]

    # What is read

    def whole(self, number: int | None = None) -> queries.Whole:
        """A version, the latest unless told otherwise."""
        found = queries.version(self.action_id, number) if number else queries.whole(self.action_id)
        assert found is not None
        return found

    def text(self) -> Typed:
        """The text being prepared, or else the version in force."""
        return self.draft.fields if self.draft else text_of(self.whole())

    def page(self, who: int, slug: str) -> Page:
        """The section as this editor has it open."""
        if (who, slug) not in self.pages:
            self.open(who, slug)
        return self.pages[who, slug]

    def open(self, who: int, slug: str) -> None:
        """Load the section."""
        self.words += 1
        said, base = self.text(), None if self.draft else self.whole().version.number
        version = drafts.revision_of(self.draft, BY_SLUG[slug]) if self.draft else 0
        ledger = (self.prepared if self.draft else self.versions[base or 0]).copy()
        copy = Copy(version=version, page=f"page{self.words}")
        self.pages[who, slug] = Page(copy, base, items(said, slug), costs(said), costs(said), ledger)

    # What is done

    def act(self, who: int, slug: str, how: str, place: int) -> None:
        """Write, replace or remove something in a page."""
        page = self.page(who, slug)
        self.words += 1
        if slug == "cout":
            name = AMOUNTS[place % len(AMOUNTS)]
            page.costs[name] = page.done.costs[name] = str(self.words * 100)
            return
        place = place % (len(page.there) + 1)
        if how in ("replace", "delete") and place < len(page.there):
            page.done.removed.add((slug, page.there.pop(place)))
        if how != "delete":
            item = f"e{who}{'x' * (self.words % 3 + 1)}{self.words}"
            page.there.insert(place, item)
            page.done.written.add((slug, item))

    def save(self, who: int, slug: str, how: str) -> None:
        """Send a page; merge when somebody was there before; the text prepared says all that was accepted."""
        if how == "later":
            return
        page, section = self.page(who, slug), BY_SLUG[slug]
        page.copy = Copy(version=page.copy.version, page=page.copy.page, turn=page.copy.turn + 1)
        sent = typed(slug, page.there) if slug != "cout" else _costs(page.costs)
        draft = self.draft or self._fork(page.base or 0)
        try:
            kept = drafts.save(self.editors[who], draft.id, section, copy=page.copy, fields=sent)
        except Clashing:
            db.session.rollback()
            kept = self._merge(who, slug, draft, page, sent)
        self.draft = kept
        self._accept(slug, page)
        known = page.copy.version if how == "lost" else drafts.revision_of(kept, section)
        page.copy = Copy(version=known, page=page.copy.page, turn=page.copy.turn)
        self.prepared.demand(kept.fields)

    def _merge(self, who: int, slug: str, draft: Draft, page: Page, sent: Typed) -> Draft:
        """What the merge page proposes, and one's own cost where it asks; then a new page."""
        section = BY_SLUG[slug]
        self.merges += 1
        now = drafts.find(self.editors[who], draft.action_id or draft.id)
        assert now is not None
        base = drafts.former(now, section, drafts.last_of(now, section, page.copy))
        merged = merging.merge(base, now.fields, sent, list(section.names))
        if slug == "cout":
            said, now_said = page.done.costs, self.prepared.costs
            both = {name for name in said if page.read.get(name) != now_said.get(name) != said[name]}
            assert set(merged.clashes) == both
        self.words += 1
        page.copy = Copy(version=drafts.revision_of(now, section), page=f"page{self.words}", turn=1)
        kept = drafts.save(self.editors[who], draft.id, section, copy=page.copy, fields=merged.fields)
        page.there, page.costs = items(kept.fields, slug), costs(kept.fields)
        return kept

    def _accept(self, slug: str, page: Page) -> None:
        self.prepared.takes(page.ledger, slug)
        self.prepared.takes(page.done, slug)
        self.prepared.costs |= page.done.costs
        page.done, page.ledger, page.read = Ledger(), self.prepared.copy(), dict(page.costs)

    def _fork(self, base: int) -> Draft:
        """The next version, begun from the version that the page was on."""
        self.prepared = self.versions[base].copy()
        return drafts.keep(drafts.new(self.owner, text_of(self.whole(base)), self.action_id, base))

    # What becomes of it

    def publish(self) -> None:
        """Share or publish what is prepared, brought onto the version in force, and go on from there."""
        if self.draft is None:
            return
        if not self.action_id:
            self.action_id = self.draft.id
            place = contract_queries.outline().axes[0].id
            operations.share_action(self.owner, self.draft, axis_id=place, fields=version_of(self.draft.fields))
        else:
            self._rebase()
            action, version = known(self.action_id), version_of(self.draft.fields)
            facts: dict[str, Any] = {"revision": action.rev, "summary": "s", "fork": self.draft}
            try:
                operations.publish_version(self.owner, action, fields=version, **facts)
            except NothingChanged:
                db.session.rollback()
                return
        self.draft = None
        self.pages.clear()
        self._published(self.prepared)

    def _rebase(self) -> None:
        """As the merge page proposes; both editions are in the text."""
        draft, now = self.draft, self.whole()
        assert draft is not None
        if draft.base == now.version.number:
            return
        names = [name for slug in SLUGS for name in BY_SLUG[slug].names]
        texts = text_of(self.whole(draft.base)), text_of(now), draft.fields
        merged = merging.merge(*texts, names)
        facts = {"revision": draft.revision, "base": now.version.number, "fields": merged.fields}
        self.draft = drafts.rebase(self.owner, draft.id, **facts)
        self.prepared.takes(self.versions[now.version.number])
        self.prepared.demand(self.draft.fields)

    def suggest(self, place: int) -> None:
        """Another partner's suggestion, on the version in force, is applied."""
        if not self.action_id:
            return
        ledger = self.versions[self.whole().version.number].copy()
        there = items(text_of(self.whole()), "contexte")
        self.words += 1
        if place % 2 and there:
            ledger.removed.add(("contexte", there.pop(place % len(there))))
        there.insert(place % (len(there) + 1), f"s{self.words}")
        ledger.written.add(("contexte", f"s{self.words}"))
        guest = self.world.actor("representative", ISERE)
        accept(self.owner, suggest(guest, known(self.action_id), "\n".join(there), "context"))
        suggestions.apply_accepted(self.owner, known(self.action_id), revision=known(self.action_id).rev)
        self._published(ledger)

    def _published(self, ledger: Ledger) -> None:
        newest = known(self.action_id).version
        self.versions[newest] = ledger.copy()
        for number in {newest, max(newest - 1, 1)}:
            self.versions[number].demand(text_of(self.whole(number)))

    def end(self, how: str) -> None:
        """The fiche is withdrawn, or merged into another: what was being prepared is still in its draft."""
        if self.draft is None or not self.action_id:
            return
        action = known(self.action_id)
        if how == "withdraw":
            operations.withdraw_action(self.owner, action, reason="r")
        else:
            other = share(self.owner)
            office = self.world.actor("secretariat", REGION)
            structure.merge_action(office, known(self.action_id), other_id=other.id, reason="r")
        kept = db.session.get(Draft, self.draft.id, populate_existing=True)
        assert kept is not None
        self.prepared.demand(kept.fields)
        db.session.rollback()


def _costs(said: dict[str, str]) -> dict[str, str | list[str]]:
    return {name: money.amount(int(cents)) for name, cents in said.items()}


def vars_of(version: VersionFields) -> dict[str, Any]:
    """The facts of a version."""
    return {name: getattr(version, name) for name in ("context", "content", "milestones", "costs", "charges")}
