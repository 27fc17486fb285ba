"""A fiche as a document, in the layout of such contracts: the words and amounts that the PDF and the ODT both print.

Everything here is plain text already formatted: what prints it reads no database and knows no rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam

from cocon.actions import queries as actions
from cocon.actions import words
from cocon.actions.comparison import fact
from cocon.actions.models import SPARE_TEXTS, TEXT_FIELDS
from cocon.actions.queries import Whole
from cocon.audit import recent
from cocon.contracts import queries as contracts
from cocon.decisions import queries as decisions
from cocon.dossier import others, printing, revisions, ties
from cocon.dossier.printing import printable
from cocon.funding import queries as funding
from cocon.funding import resources
from cocon.funding.balance import Amounts, FinancingPlan, Line
from cocon.funding.models import Resource
from cocon.funding.words import called
from cocon.kernel import clock, prepared
from cocon.kernel.actor import Actor
from cocon.kernel.language import NBSP, _
from cocon.kernel.money import amount, euros
from cocon.structure import queries as structure
from cocon.web.filters import date_long, date_short, day_or_month, hour

LONGEST = 40_000


@dataclass(frozen=True, kw_only=True)
class Table:
    """Partner × year; the last cells of each row are its total. Rows that are ``named`` begin with who or what."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    feet: Sequence[Sequence[str]]
    said: str
    named: bool = False


@dataclass(frozen=True, kw_only=True)
class Part:
    """A field of the fiche: its words, as they were typed, and the rows that go with them."""

    label: str
    text: str
    rows: Table | None = None


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The document, part by part."""

    code: str
    number: int
    title: str
    axis: int
    contract: str
    edition: str
    about: str
    notices: Sequence[str]
    facts: Sequence[tuple[str, str]]
    texts: Sequence[Part]
    cost: Table
    charges: Table | None
    financing: Table
    apart: Table | None
    others: Table | None
    links: Sequence[tuple[str, str]]
    decisions: Sequence[str]
    changes: revisions.Changes | None
    versions: Sequence[Sequence[str]]
    proof: str

    @property
    def nobody(self) -> str:
        """What is said where the plan has no line."""
        if self.apart:
            return str(_("Aucun partenaire n’a encore annoncé de contribution en numéraire."))
        return str(_("Aucun partenaire n’a encore annoncé de contribution."))


def of(actor: Actor, action_id: str, number: int | None, *, fictional: bool) -> Sheet | None:
    """The document of a fiche, with its current text or that of version ``number``."""
    whole = actions.whole(action_id, number, also=_links, actor=actor)
    if whole is None:
        return None
    lines = decisions.of_action(action_id, actor.partner_id)
    plan = funding.plan(funding.financing(whole.action.id), whole.costs, actor.partner_id)
    versions = actions.versions(action_id)
    version = whole.version
    return Sheet(
        code=whole.action.code,
        number=version.number,
        title=printable(version.title),
        axis=whole.action.axis.number,
        contract=printable(contracts.contract().title),
        edition=edition(),
        about=_about(whole),
        notices=list(_notices(whole, fictional)),
        facts=_facts(whole),
        texts=list(_texts(whole)),
        cost=_costs(whole),
        charges=_charges(whole) if whole.by_nature else None,
        financing=_financing(whole, plan),
        apart=_apart(plan) if plan.apart else None,
        others=_others(rows) if (rows := resources.of_action(action_id)) else None,
        links=list(ties.told(structure.read(whole.also[0]))),
        decisions=[_decision(line) for line in lines if line.pronounced_at],
        changes=revisions.changes(whole, lines),
        versions=[_version(line, lines) for line in versions],
        proof=_proof(action_id),
    )


def _links(shape: prepared.Shape) -> Sequence[ColumnElement[Any]]:
    action_id: Any = bindparam("action_id")
    return (structure.beside(action_id, prepared.anyone(shape)),)


def _texts(whole: Whole) -> Iterator[Part]:
    """The texts, but those left out; the calendar with its milestones, the results with their planned indicators."""
    version = whole.version
    rows = {
        "calendar": _milestones(whole) if version.milestones else None,
        "results": _indicators(whole) if version.indicators else None,
    }
    for name in TEXT_FIELDS:
        text, table = getattr(version, name), rows.get(name)
        if not text and name in SPARE_TEXTS:
            continue
        yield Part(label=str(words.FIELDS[name]), text=printing.told(text) if text or table is None else "", rows=table)


def _milestones(whole: Whole) -> Table:
    return Table(
        caption=str(_("Jalons")),
        head=[str(_("Échéance")), str(_("Étape"))],
        rows=[[day_or_month(step.due), printable(step.title)] for step in whole.version.milestones],
        feet=[],
        said="",
    )


def _indicators(whole: Whole) -> Table:
    return Table(
        caption=str(_("Indicateurs prévus")),
        head=[
            str(_("Indicateur")),
            str(_("Type")),
            str(_("Unité")),
            str(_("Référence")),
            *(str(_("Cible %(year)s", year=year)) for year in whole.years),
            str(_("Source")),
        ],
        rows=[printing.indicator(one.said, whole.years) for one in whole.version.indicators],
        feet=[],
        said="",
    )


def edition() -> str:
    """``Édition du 30/06/2015 à 10 h 49``."""
    now = clock.now()
    return str(_("Édition du %(day)s à %(hour)s", day=date_short(now), hour=hour(now)))


def _about(whole: Whole) -> str:
    version = whole.version
    return str(
        _(
            "Version %(number)s, publiée le %(day)s par %(author)s",
            number=version.number,
            day=date_long(version.published_at),
            author=printable(whole.author),
        )
    )


def _notices(whole: Whole, fictional: bool) -> Iterator[str]:
    """What the reader must know first."""
    if fictional:
        yield str(
            _(
                "Document de démonstration\u00a0: les montants, les personnes, les avis et les décisions sont "
                "fictifs\u202f; les axes et les partenaires que nomment les sources sont réels."
            )
        )
    if not whole.latest:
        yield str(
            _(
                "Ce n’est pas le texte en cours\u00a0: ce document donne la version %(number)s, "
                "la fiche en est à la version %(latest)s. Le plan de financement est celui du jour de l’édition.",
                number=whole.version.number,
                latest=whole.action.version,
            )
        )
    if not whole.action.alive:
        merged = whole.action.maturity == "merged"
        yield str(_("Cette fiche est fusionnée dans une autre.") if merged else _("Cette fiche est retirée."))


def _facts(whole: Whole) -> list[tuple[str, str]]:
    action = whole.action
    objective = action.objective
    return [
        (str(_("Code")), action.code),
        (str(_("Axe")), _named(str(action.axis.number), action.axis.title)),
        (
            str(_("Objectif")),
            _named(objective.letter, objective.title) if objective else str(_("aucun objectif sous cet axe")),
        ),
        (str(words.FIELDS["project_owner"]), printable(whole.owner_name) or str(_("à compléter"))),
        *_spare(whole, "delegate"),
        (str(_("Proposée par")), printable(action.partner.name_on(action.shared_at.astimezone(clock.PARIS).date()))),
        (
            str(_("Partenaires associés")),
            printable(", ".join(whole.associated_names)) or str(_("à compléter")),
        ),
        *_spare(whole, "territory_codes", "starts", "ends", "cost_basis", "state_aid", "state_aid_regime"),
        (str(_("État de la fiche")), str(words.MATURITY[action.maturity])),
        (str(_("Décision")), str(words.DECISION[action.decision])),
    ]


def _spare(whole: Whole, *names: str) -> Iterator[tuple[str, str]]:
    """The short answers that were given."""
    said = ((str(words.FIELDS[name]), printable(fact(whole.version, name))) for name in names)
    return (line for line in said if line[1])


def _named(number: str, title: str) -> str:
    return f"{number}{NBSP}– {printable(title)}"


def _costs(whole: Whole) -> Table:
    return Table(
        caption=str(_("Coût prévisionnel par année, en euros, tous financeurs confondus")),
        head=[*map(str, whole.years), str(_("Total"))],
        rows=[_known(whole.years, whole.costs, whole.cost)],
        feet=[],
        said="",
    )


def _charges(whole: Whole) -> Table:
    """What is given besides: a nature, or a part, on each line; what nobody wrote is left out."""
    rows = [[str(label), *_given(whole.years, cents)] for label, cents in whole.by_nature]
    return Table(
        caption=str(_("Détail du coût, en euros")),
        head=[str(_("Nature")), *map(str, whole.years), str(_("Total"))],
        rows=rows,
        feet=[[str(_("Coût de l’action")), *_known(whole.years, whole.costs, whole.cost)]],
        said="",
        named=True,
    )


def _given(years: Sequence[int], cents: Amounts) -> list[str]:
    return [*(amount(cents[year]) if year in cents else "" for year in years), amount(sum(cents.values()))]


def _known(years: Sequence[int], costs: Amounts, total: int) -> list[str]:
    """The costs of the years and their total; what nobody wrote is no zero."""
    unknown = str(_("à compléter"))
    cells = [amount(costs[year]) if year in costs else unknown for year in years]
    return [*cells, amount(total) if costs else unknown]


def _financing(whole: Whole, plan: FinancingPlan) -> Table:
    """The same sums as the screen's, in the same words."""
    rows = [[_funder(row, row.called), *_amounts(plan, row.amounts, row.total)] for row in plan.rows]
    unknown = str(_("inconnu"))
    missing = [_missing(plan.missing(year)) if year in plan.costs else unknown for year in plan.years]
    total = _missing(plan.total_missing) if plan.costs else unknown
    return Table(
        caption=str(_("Plan de financement par partenaire et par année, en euros")),
        head=[str(_("Partenaire")), *map(str, plan.years), str(_("Total"))],
        rows=rows,
        feet=[
            [str(_("Total prévu")), *_amounts(plan, plan.planned, plan.total_planned)],
            *([[str(_("Autres ressources")), *_amounts(plan, plan.other, plan.total_other)]] if plan.other else []),
            [str(_("Coût de l’action")), *_known(plan.years, plan.costs, plan.total_cost)],
            [str(_("Écart")), *missing, total],
        ],
        said=" ".join([_gap(plan.total_missing, whole), *_uncounted(plan)]),
        named=True,
    )


def _apart(plan: FinancingPlan) -> Table:
    """What is no money to spend."""
    return Table(
        caption=str(_("À part, dans aucun total\u00a0: prêts, garanties, fonds propres, apports en nature, en euros")),
        head=[str(_("Partenaire")), *map(str, plan.years), str(_("Total"))],
        rows=[
            [_funder(row, called(row.form, row.nature)), *_amounts(plan, row.amounts, row.total)] for row in plan.apart
        ],
        feet=[],
        said="",
        named=True,
    )


def _others(rows: Sequence[Resource]) -> Table:
    """What comes from who signs nothing, refused or not, each with where it is."""
    head = list(map(str, others.HEAD))
    return Table(caption=str(others.CAPTION), head=head, rows=others.told(rows), feet=[], said="", named=True)


def _funder(row: Line, kind: str) -> str:
    """``Ville de Grenoble, investissement``."""
    return ", ".join(part for part in (printable(row.partner.current_name), kind) if part)


def _amounts(plan: FinancingPlan, amounts: Amounts, total: int) -> list[str]:
    return [*(amount(amounts.get(year, 0)) for year in plan.years), amount(total)]


def _missing(cents: int) -> str:
    return str(_("dépasse de %(amount)s", amount=amount(-cents))) if cents < 0 else amount(cents)


def _uncounted(plan: FinancingPlan) -> Iterator[str]:
    """The years whose cost is unknown where that of others is not."""
    for year in plan.years if plan.costs else ():
        if year not in plan.costs:
            yield str(_("Le coût de %(year)s reste à compléter et n’est pas compté.", year=year))


def _gap(cents: int, whole: Whole) -> str:
    if not whole.costs:
        return str(_("Le coût de l’action reste à compléter."))
    if cents > 0:
        return str(_("Il manque %(amount)s pour couvrir le coût de l’action.", amount=euros(cents)))
    if cents < 0:
        return str(_("Le plan dépasse de %(amount)s le coût de l’action.", amount=euros(-cents)))
    return str(_("Le plan est équilibré\u00a0: il ne manque rien."))


def _decision(line: decisions.Line) -> str:
    assert line.pronounced_at is not None  # noqa: S101 - only those pronounced are told
    return str(
        _(
            "Décision n°\u00a0%(number)s du %(day)s sur la version %(version)s\u00a0: %(outcome)s "
            "(%(answered)s avis rendus sur %(seated)s partenaires consultés).",
            number=line.number,
            day=date_long(line.pronounced_at),
            version=line.version,
            outcome=decisions.OUTCOMES[line.outcome or ""],
            answered=line.answered,
            seated=line.seated,
        )
    )


def _version(line: actions.VersionLine, lines: Sequence[decisions.Line]) -> list[str]:
    adopted = revisions.adoptions(lines).get(line.number)
    first = str(_("Première version")) if line.number == 1 else ""
    said = printable(line.summary or first)
    if adopted:
        said = f"{said} – " if said else ""
        said += str(_("version adoptée par la décision n°\u00a0%(number)s", number=adopted.number))
    return [str(line.number), date_short(line.published_at), printable(line.author), said]


def _proof(action_id: str) -> str:
    last = recent.last_about(action_id)
    if last is None:
        return ""
    at = clock.unstamp(last.at)
    return str(
        _(
            "Dernière entrée du journal sur cette fiche\u00a0: n°\u00a0%(seq)s du %(day)s à %(hour)s, "
            "empreinte SHA-256 %(leaf)s.",
            seq=last.seq,
            day=date_short(at),
            hour=hour(at),
            leaf=last.leaf,
        )
    )
