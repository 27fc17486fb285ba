"""The comparison of any two versions, applied to the first, gives the second: nothing that changed is left unsaid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm.attributes import set_committed_value

from cocon.actions import changes, diff
from cocon.actions.changes import Fact, Number, Row, Text
from cocon.actions.comparison import AMOUNTS, WORDED, Comparison, Names, compare
from cocon.actions.models import (
    COST_BASES,
    INDICATOR_KINDS,
    NATURES,
    SPARE_FACTS,
    STATE_AIDS,
    TEXT_FIELDS,
    Action,
    ActionVersion,
    Indicator,
    Milestone,
    VersionIndicator,
    VersionMilestone,
)
from cocon.actions.operations import VersionFields
from cocon.actions.queries import Whole
from cocon.actions.rows import read_due
from cocon.actions.words import INDICATOR_KIND
from cocon.kernel import clock
from cocon.kernel.language import NBSP
from cocon.partners.models import Partner

YEARS = (2014, 2015, 2016)
PARTNERS = {f"p{n}": Partner(id=f"id-{n}", key=f"p{n}", name=f"Ville {n}", rank=n, later_names=[]) for n in range(5)}
BY_NAME = {partner.name: partner for partner in PARTNERS.values()}
BLANK = {"milestones": Milestone(due="", title=""), "indicators": Indicator(code="", label="", kind="")}
#: What no reader compares: the identity of a row, and what the comparison names on top of it.
UNCOMPARED = {"id", "rev", "seq", "action_id", "version_id", "number", "published_at", "mandate_id", "summary"}

WORDS = ("vélo", "le", "l’", "train", "\n\n", "<b>", "12,5", "é", "🚲")
NAMES = ("Emplois", "Visiteurs", "Emplois créés", "Surface de l’atelier")
DUES = ("2014-03", "2014-03-01", "2014-04-15", "2015-12", "2016-02-29", "2015-01-01")
OWNERS = (*((partner.id, None) for partner in PARTNERS.values()), (None, "Un syndicat"), (None, "SEM"))


def words(chance: Random) -> str:
    """A text, maybe empty."""
    return " ".join(chance.choices(WORDS, k=chance.randint(0, 8)))


def value(chance: Random) -> int:
    """Hundredths, or cents."""
    return chance.choice([0, 50, 75, chance.randint(0, 10**12)])


def by_year(chance: Random) -> dict[int, int]:
    """Values for some years."""
    return {year: value(chance) for year in YEARS if chance.random() < 0.5}


def by_nature(chance: Random) -> dict[tuple[int, str], int]:
    """Charges of some years and natures."""
    return {(year, nature): value(chance) for year in YEARS for nature in NATURES if chance.random() < 0.2}


def step(chance: Random) -> Milestone:
    """A step of the calendar."""
    return Milestone(due=chance.choice(DUES), title=chance.choice(NAMES))


def measure(chance: Random) -> Indicator:
    """An indicator, as a version may hold it."""
    return Indicator(
        code=chance.choice(["", "R1", "R2", "I1"]),
        label=chance.choice(NAMES),
        kind=chance.choice(INDICATOR_KINDS),
        unit=chance.choice(["", "emplois", "m²"]),
        baseline=chance.choice([None, value(chance), -value(chance)]),
        baseline_year=chance.choice([None, 2012, 2013]),
        targets=by_year(chance),
        source=chance.choice(["", "Insee", "Insee, 2012"]),
    )


def lines(chance: Random, make: Callable[[Random], Any]) -> list[Any]:
    """A list of steps, or of indicators."""
    return [make(chance) for _line in range(chance.randint(0, 5))]


PARTS: Mapping[str, Callable[[Random], Any]] = {
    "title": lambda chance: chance.choice(NAMES),
    **dict.fromkeys(TEXT_FIELDS, words),
    "owner": lambda chance: chance.choice(OWNERS),
    "delegate": lambda chance: chance.choice(["", "Une agence", "Une régie"]),
    "territory_codes": lambda chance: chance.choice(["", "38185", "38, 42", "200040715"]),
    "starts": lambda chance: chance.choice(["", *DUES]),
    "ends": lambda chance: chance.choice(["", *DUES]),
    "associated": lambda chance: tuple(sorted(chance.sample(list(PARTNERS), chance.randint(0, 5)))),
    "cost_basis": lambda chance: chance.choice(["", *COST_BASES]),
    "state_aid": lambda chance: chance.choice(["", *STATE_AIDS]),
    "state_aid_regime": lambda chance: chance.choice(["", "Un régime", "Un règlement"]),
    "costs": by_year,
    "eligible": by_year,
    "charges": by_nature,
    "milestones": lambda chance: lines(chance, step),
    "indicators": lambda chance: lines(chance, measure),
}


def version_of(parts: Mapping[str, Any]) -> VersionFields:
    """What a version says."""
    said = {name: part for name, part in parts.items() if name != "owner"}
    return VersionFields(**said, project_owner_id=parts["owner"][0], project_owner_name=parts["owner"][1])


def pair(chance: Random) -> tuple[VersionFields, VersionFields]:
    """Two versions; in the second, some parts are others, some lists are shuffled, cut, rewritten and longer."""
    first = {name: part(chance) for name, part in PARTS.items()}
    second = {name: part(chance) if chance.random() < 0.3 else first[name] for name, part in PARTS.items()}
    for name, make in (("milestones", step), ("indicators", measure)):
        if chance.random() < 0.5:
            kept = [revised(chance, one, make) for one in first[name] if chance.random() < 0.8]
            added = [make(chance) for _line in range(chance.randint(0, 1))]
            second[name] = chance.sample([*kept, *added], len(kept) + len(added))
    return version_of(first), version_of(second)


def revised(chance: Random, line: Any, make: Callable[[Random], Any]) -> Any:
    """The same line, or with one field of another."""
    name = chance.choice([item.name for item in fields(line)])
    return replace(line, **{name: getattr(make(chance), name)}) if chance.random() < 0.5 else line


def whole(said: VersionFields, number: int) -> Whole:
    """The version, as queries give it."""
    texts = {name: getattr(said, name) for name in ("title", *TEXT_FIELDS, *SPARE_FACTS)}
    owner = {"project_owner_id": said.project_owner_id, "project_owner_name": said.project_owner_name}
    version = ActionVersion(number=number, published_at=clock.now(), associated=list(said.associated), **owner, **texts)
    partner = next((one for one in PARTNERS.values() if one.id == said.project_owner_id), None)
    set_committed_value(version, "project_owner", partner)
    set_committed_value(version, "milestones", [VersionMilestone(**vars(one)) for one in said.milestones])
    rows = [{**vars(one), "targets": {str(year): n for year, n in one.targets.items()}} for one in said.indicators]
    set_committed_value(version, "indicators", [VersionIndicator(**row) for row in rows])
    guests = [partner for key, partner in PARTNERS.items() if key in said.associated]
    amounts = {"eligible": said.eligible, "charges": said.charges}
    return Whole(Action(version=2), version, said.costs, guests, "Quelqu’un", **amounts)  # type: ignore[arg-type]


def apply(first: VersionFields, compared: Comparison) -> VersionFields:
    """The second version, from the first and from what the comparison says, and nothing else."""
    said: dict[str, Any] = {text.name: diff.apply(getattr(first, text.name), text.pieces) for text in compared.texts}
    for fact in compared.facts:
        if fact.name != "project_owner":
            said[fact.name] = _read(fact)
            continue
        partner = BY_NAME.get(fact.after)
        said["project_owner_id"] = partner.id if partner else None
        said["project_owner_name"] = None if partner else fact.after
    gone, came = ({BY_NAME[name].key for name in names} for names in _names(compared.associated))
    said["associated"] = (set(first.associated) - gone) | came
    for name, changed in compared.amounts.items():
        came_to = {(cost.year, cost.nature) if cost.nature else cost.year: cost.after for cost in changed if cost.year}
        amounts = {**getattr(first, name), **came_to}
        said[name] = {key: cents for key, cents in amounts.items() if cents is not None}
    for rows in compared.lists:
        said[rows.name] = relisted(getattr(first, rows.name), rows.rows, BLANK[rows.name])
    return replace(first, **said)


def _names(names: Names) -> tuple[Sequence[str], Sequence[str]]:
    return names.removed, names.added


def relisted(before: Sequence[Any], rows: Sequence[Row], blank: Any) -> list[Any]:
    """The second list: each line that came or moved at its place, the others in their order."""
    left = dict(enumerate(before, 1))
    placed: dict[int, Any] = {}
    for row in rows:
        line = _rewritten(blank if row.before is None else left[row.before], row)
        place = next((int(fact.after) for fact in row.facts if fact.name == "place"), None)
        if row.after is None:
            del left[row.before or 0]
        elif row.before is None or place:
            left.pop(row.before or 0, None)
            placed[place or row.after] = line
        else:
            left[row.before] = line
    others = (left[key] for key in sorted(left))
    return [placed[place] if place in placed else next(others) for place in range(1, len(left) + len(placed) + 1)]


def _rewritten(line: Any, row: Row) -> Any:
    said: dict[str, Any] = {}
    targets = dict(getattr(line, "targets", {}))
    for cell in row.cells:
        if isinstance(cell, Text):
            said[cell.name] = diff.apply(getattr(line, cell.name), cell.pieces)
        elif isinstance(cell, Number) and cell.name != "baseline":
            year = int(cell.name.removeprefix("target_"))
            assert targets.pop(year, None) == cell.before
            targets |= {} if cell.after is None else {year: cell.after}
        elif cell.name != "place":
            said[cell.name] = cell.after if isinstance(cell, Number) else _read(cell)
    return replace(line, **said, **({"targets": targets} if isinstance(line, Indicator) else {}))


def _read(fact: Fact) -> Any:
    if fact.name in ("due", "starts", "ends"):
        return read_due(fact.after) if fact.after else ""
    if fact.name == "baseline_year":
        return int(fact.after) if fact.after else None
    kinds = WORDED.get(fact.name, INDICATOR_KIND)
    return {str(word): kind for kind, word in kinds.items()}.get(fact.after, fact.after)


def plainly(said: VersionFields) -> VersionFields:
    """Partners are a set, whatever their order."""
    return replace(said, associated=frozenset(said.associated))


def agree(examples: int, seen: Callable[[Comparison], Comparison] = lambda compared: compared) -> None:
    """Play so many pairs of versions, with the comparison as somebody ``seen`` it."""

    def one(chance: Random) -> None:
        first, second = pair(chance)
        compared = seen(compare(whole(first, 1), whole(second, 2)))
        assert plainly(apply(first, compared)) == plainly(second)
        assert bool(compared.count) == (plainly(first) != plainly(second))

    quiet = settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    quiet(given(st.randoms(use_true_random=True))(one))()


def test_the_comparison_of_any_two_versions_applied_gives_the_second() -> None:
    agree(1_000)


def _without(cells: Callable[[Any], bool]) -> Callable[[Comparison], Comparison]:
    def forget(compared: Comparison) -> Comparison:
        lists = [
            replace(one, rows=[replace(row, cells=[cell for cell in row.cells if not cells(cell)]) for row in one.rows])
            for one in compared.lists
        ]
        return replace(compared, lists=lists)

    return forget


FORGETTING: Mapping[str, Callable[[Comparison], Comparison]] = {
    **{
        name: lambda compared, name=name: replace(compared, texts=[one for one in compared.texts if one.name != name])
        for name in ("title", *TEXT_FIELDS)
    },
    **{
        name: lambda compared, name=name: replace(compared, lists=[one for one in compared.lists if one.name != name])
        for name in ("milestones", "indicators")
    },
    **{
        f"{item.name} of a line": _without(lambda cell, name=item.name: cell.name == name)
        for item in (*fields(Milestone), *fields(Indicator))
        if item.name != "targets"
    },
    "place of a line": _without(lambda cell: cell.name == "place"),
    "target of a year": _without(lambda cell: cell.name == "target_2015"),
    **{
        name: lambda compared, name=name: replace(compared, facts=[one for one in compared.facts if one.name != name])
        for name in ("project_owner", *SPARE_FACTS)
    },
    "associated who left": lambda compared: replace(compared, associated=Names(compared.associated.added)),
    "associated who came": lambda compared: replace(compared, associated=Names((), compared.associated.removed)),
    **{
        f"{name} of a year": lambda compared, name=name: replace(
            compared, **{name: [one for one in compared.amounts[name] if one.year != 2015]}
        )
        for name in AMOUNTS
    },
}


@pytest.mark.parametrize("part", FORGETTING)
def test_a_comparison_that_forgets_a_part_is_caught(part: str) -> None:
    """The negative control."""
    with pytest.raises((AssertionError, ValueError)):
        agree(300, FORGETTING[part])


def test_every_column_of_a_version_is_compared() -> None:
    compared = {item.name for item in fields(VersionFields)} - {*AMOUNTS, "milestones", "indicators"}
    assert {column.name for column in ActionVersion.__table__.columns} - UNCOMPARED == compared
    for table, line in ((VersionMilestone, Milestone), (VersionIndicator, Indicator)):
        columns = {column.name for column in table.__table__.columns} - UNCOMPARED - {"position"}
        assert columns == {item.name for item in fields(line)}


def test_a_line_that_moved_says_its_place_and_the_others_nothing() -> None:
    steps = [Milestone(due="2014-03", title=title) for title in ("Un", "Deux", "Trois", "Quatre")]
    (moved,) = changes.rows(steps, [steps[3], *steps[:3]])
    assert (moved.name, [cell.sides for cell in moved.cells]) == ("Quatre", [("4", "1")])
    (came,) = changes.rows(steps[1:], steps)
    assert (came.before, came.after, came.said) == (None, 1, f"Un, échéance{NBSP}: mars 2014")
    (gone,) = changes.rows(steps, steps[:3])
    assert (gone.before, gone.after) == (4, None)


def test_an_indicator_is_known_by_its_code_then_by_its_name_then_by_its_place() -> None:
    jobs, area, visits = (
        Indicator(code=code, label=label, kind="result", targets={2014: 12_00})
        for code, label in (("R1", "Emplois"), ("", "Surface"), ("", "Visites"))
    )
    after = [
        replace(jobs, label="Emplois créés"),
        replace(area, targets={2014: 15_50}),
        replace(visits, label="Venues"),
    ]
    rows = changes.rows([jobs, area, visits], after)
    assert [(row.before, row.after, [cell.name for cell in row.cells]) for row in rows] == [
        (1, 1, ["label"]),
        (2, 2, ["target_2014"]),
        (3, 3, ["label"]),
    ]
    assert (rows[1].numbers[0].sides, rows[1].numbers[0].difference) == (("12", "15,5"), "+3,5")
    assert changes.rows([area], [replace(area, targets={2014: 2_00})])[0].numbers[0].difference == "\u221210"
    (renamed,) = changes.rows([jobs], [replace(jobs, code="R2")])
    assert [cell.sides for cell in renamed.cells] == [("R1", "R2")]
    assert [row.after for row in changes.rows([jobs], [replace(jobs, code="R2", label="Autre")])] == [1, None]
