"""Open data in the national formats: SCDL subventions 2.1.1 and deliberations 2.1.5, and what they leave out.

Named outside the seven usual files. A row of subventions is what a partner gives a fiche in a form by one convention:
``dateConvention`` has one value. Dates are ISO, decimals have a point, periods a slash. What was paid stays published,
whatever became of the convention, of the contribution or of the fiche.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import aliased

from cocon.actions.models import Action, ActionVersion
from cocon.consolidation.book import decimal, inert
from cocon.contracts import queries as contracts
from cocon.dossier.printing import printable
from cocon.funding import counting
from cocon.funding.models import (
    Act,
    Authorisation,
    Beneficiary,
    Condition,
    Contribution,
    EnvelopeVersion,
    Step,
    Tranche,
)
from cocon.funding.standing import standing
from cocon.funding.words import FORMS
from cocon.kernel import numbers
from cocon.kernel.db import db
from cocon.kernel.language import LazyString, _
from cocon.partners.models import Partner

SUBVENTIONS = (
    *("nomAttribuant", "idAttribuant", "dateConvention", "referenceDecision", "nomBeneficiaire", "idBeneficiaire"),
    *("rnaBeneficiaire", "objet", "montant", "nature", "conditionsVersement", "datesPeriodeVersement", "idRAE"),
    *("notificationUE", "pourcentageSubvention", "dispositifAide"),
)
DELIBERATIONS = (
    *("COLL_NOM", "COLL_SIRET", "DELIB_ID", "DELIB_DATE", "DELIB_MATIERE_CODE", "DELIB_MATIERE_NOM", "DELIB_OBJET"),
    *("BUDGET_ANNEE", "BUDGET_NOM", "PREF_ID", "PREF_DATE", "VOTE_EFFECTIF", "VOTE_REEL", "VOTE_POUR", "VOTE_CONTRE"),
    *("VOTE_ABSTENTION", "DELIB_URL"),
)
#: The nomenclature of acts: level 2 of the matter, and its words.
GRANTS, BUDGET = ("7.5", "finances locales/subventions"), ("7.1", "finances locales/décisions budgétaires")
NATURES = {"cash": "aide en numéraire", "in_kind": "aide en nature"}
LONGEST_OBJECT = 256


class Rejected(NamedTuple):
    """What is not published, and why."""

    what: str
    why: Sequence[LazyString]


@dataclass(frozen=True)
class Published:
    """The rows of a file, and what it leaves out."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    rejected: Sequence[Rejected]

    @property
    def file(self) -> bytes:
        """CSV for machines: UTF-8, commas."""
        made = io.StringIO()
        writer = csv.writer(made, lineterminator="\n")
        writer.writerow(self.head)
        writer.writerows([inert(printable(cell)) for cell in row] for row in self.rows)
        return made.getvalue().encode()


@dataclass
class Grant:
    """What a partner gives a fiche in a form by one convention, or without any."""

    funder: Partner
    action: Action
    form: str
    text: ActionVersion
    owner: Partner | None
    recorded: Beneficiary | None
    convention: Act | None
    decision: Act | None = None
    tranches: list[Tranche] = field(default_factory=list)
    payments: list[date] = field(default_factory=list)

    @property
    def owner_name(self) -> str:
        """How the fiche names who receives, when that is no partner."""
        return self.text.project_owner_name or ""

    @property
    def cents(self) -> int:
        """What the convention gives, as every total counts it; of a fiche that is no more, what was paid."""
        return sum(map(self._given, self.tranches))

    def _given(self, tranche: Tranche) -> int:
        given = counting.counted(tranche, "contracted")
        return given if self.action.alive else min(given, tranche.paid)

    @property
    def given(self) -> list[Tranche]:
        """The tranches to which it gives something; all of them where it gives nothing."""
        return [tranche for tranche in self.tranches if self._given(tranche)] or self.tranches

    @property
    def years(self) -> list[int]:
        """The years it is for."""
        return sorted({tranche.year for tranche in self.given})

    @property
    def identifiers(self) -> tuple[str | None, str | None]:
        """The SIRET and the RNA number of who receives."""
        if self.owner:
            return self.owner.siret, None
        known = self.recorded if self.recorded and self.recorded.name == self.owner_name else None
        return (known.siret, known.rna) if known else (None, None)

    @property
    def what(self) -> str:
        """Which one, in words."""
        years = ", ".join(map(str, self.years))
        return f"{self.action.code}, {self.funder.current_name}, {FORMS[self.form]}, {years}"


def subventions() -> Published:
    """What partners give by signed conventions; four statements, whatever there is."""
    scheme, fictional = contracts.contract().title, contracts.in_demonstration()
    rows, rejected = [], []
    for grant in _grants():
        why = list(_reasons(grant))
        if why:
            rejected.append(Rejected(grant.what, why))
        else:
            rows.append(_subvention(grant, scheme, fictional=fictional))
    return Published(SUBVENTIONS, rows, rejected)


def _grants() -> Iterable[Grant]:
    owner = aliased(Partner)
    found = db.session.execute(
        select(Contribution, Tranche, Action, Partner, owner, ActionVersion, Beneficiary)
        .join(Contribution.action)
        .join(Contribution.partner)
        .join(Contribution.tranches)
        .join(ActionVersion, (ActionVersion.action_id == Action.id) & (ActionVersion.number == Action.version))
        .outerjoin(owner, owner.id == ActionVersion.project_owner_id)
        .outerjoin(Beneficiary, Beneficiary.action_id == Action.id)
        .where(or_(Tranche.amount > 0, Tranche.inscribed > 0))
        .order_by(Action.code, Partner.rank, Contribution.form, Tranche.year, Tranche.nature)
    ).all()
    steps = _steps()
    grants: dict[tuple[str, str | None], Grant] = {}
    for contribution, tranche, action, funder, owner_, text, recorded in found:
        acts = {step.kind: act for step, act in steps[tranche.id]}
        convention = acts.get("contracted")
        key = (contribution.id, convention.id if convention else None)
        grant = grants.setdefault(key, Grant(funder, action, contribution.form, text, owner_, recorded, convention))
        grant.decision = acts.get("voted") or grant.decision
        grant.tranches.append(tranche)
        grant.payments += (step.taken_on for step, _act in steps[tranche.id] if step.kind == "paid")
    return grants.values()


def _steps() -> dict[str, list[tuple[Step, Act | None]]]:
    """The votes, conventions and payments of each tranche that stand, in order: the last of a kind holds."""
    rows = db.session.execute(
        select(Step, Act)
        .outerjoin(Act, Act.id == Step.act_id)
        .where(Step.kind.in_(("voted", "contracted", "paid")), standing())
        .order_by(Step.tranche_id, Step.number)
    )
    steps: dict[str, list[tuple[Step, Act | None]]] = defaultdict(list)
    for step, act in rows:
        steps[step.tranche_id].append((step, act))
    return steps


def _reasons(grant: Grant) -> Iterator[LazyString]:
    if not grant.action.alive and not grant.cents:
        yield _("la fiche a été retirée ou fusionnée, et rien n’en reste versé")
    if grant.form not in NATURES:
        yield _("ce n’est pas une subvention, mais un prêt, une garantie ou des fonds propres")
    if grant.convention is None:
        yield _("aucune convention n’est signée")
    elif grant.action.alive and not grant.cents:
        yield _("la convention est résiliée ou la contribution a pris fin, et rien n’en reste versé")
    yield from _unidentified(grant.funder.siret, _("le financeur"))
    if grant.owner is not None and grant.owner.id == grant.funder.id:
        yield _("le financeur est lui-même le porteur")
    else:
        yield from _unknown_receiver(grant)


def _unknown_receiver(grant: Grant) -> Iterator[LazyString]:
    siret, rna = grant.identifiers
    if not grant.owner and not grant.owner_name:
        yield _("la fiche n’a pas de porteur")
    elif not grant.owner and grant.recorded and grant.recorded.name != grant.owner_name:
        yield _("le porteur a changé depuis que le bénéficiaire a été identifié")
    elif not (siret or rna):
        yield _("le bénéficiaire n’a ni SIRET ni numéro RNA")
    elif not all(numbers.acceptable(number) for number in (siret, rna) if number):
        yield _("l’identifiant du bénéficiaire est fictif")


def _unidentified(siret: str | None, who: LazyString) -> Iterator[LazyString]:
    if siret is None:
        yield _("%(who)s n’a pas de SIRET", who=who)
    elif not numbers.acceptable(siret):
        yield _("le SIRET est fictif\u00a0: %(who)s", who=who)


def _subvention(grant: Grant, scheme: str, *, fictional: bool) -> list[str]:
    assert grant.convention is not None  # noqa: S101 - the reasons were looked at
    day, (siret, rna) = grant.convention.adopted_on, grant.identifiers
    note = str(_("Démonstration, donnée fictive\u00a0: ")) if fictional else ""
    return [
        grant.funder.name_on(day),
        grant.funder.siret or "",
        day.isoformat(),
        (grant.decision or grant.convention).number,
        grant.owner.name_on(day) if grant.owner else grant.owner_name,
        siret or "",
        rna or "",
        f"{note}{grant.action.code} {grant.action.title}"[:LONGEST_OBJECT],
        decimal(grant.cents),
        NATURES[grant.form],
        "unique" if len(grant.given) == 1 and len(grant.payments) < 2 else "échelonné",
        _period(grant),
        "",
        "oui" if grant.text.state_aid == "de_minimis" else "non",
        "1",
        f"{note}{scheme}",
    ]


def _period(grant: Grant) -> str:
    """The years that the convention is for, and the days of payments beyond them."""
    first = min([date(grant.years[0], 1, 1), *grant.payments])
    last = max([date(grant.years[-1], 12, 31), *grant.payments])
    return f"{first.isoformat()}/{last.isoformat()}"


def deliberations() -> Published:
    """The délibérations that partners published; three statements."""
    fictional = contracts.in_demonstration()
    found = db.session.execute(
        select(Act, Partner, _budgetary())
        .join(Act.partner)
        .where(Act.kind == "deliberation")
        .order_by(Act.adopted_on, Partner.rank, Act.number)
    )
    rows, rejected = [], []
    for act, partner, budgetary in found:
        why = [*_unidentified(partner.siret, _("la collectivité")), *_unpublished(act)]
        if why:
            rejected.append(Rejected(f"{act.number}, {partner.current_name}", why))
        else:
            rows.append(_deliberation(act, partner, BUDGET if budgetary else GRANTS, fictional=fictional))
    return Published(DELIBERATIONS, rows, rejected)


def _budgetary() -> ColumnElement[bool]:
    """Whether an act opens credits, an authorisation or an envelope, and gives nothing to anybody."""
    opened = (Step.act_id == Act.id) & (Step.kind == "credited") & standing(), Authorisation.act_id == Act.id
    given = (Step.act_id == Act.id) & (Step.kind != "credited") & standing(), Condition.act_id == Act.id
    return or_(*map(_any, (*opened, EnvelopeVersion.act_id == Act.id))) & ~or_(*map(_any, given))


def _any(wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(wanted).correlate(Act)


def _unpublished(act: Act) -> Iterator[LazyString]:
    if not act.alive:
        yield _("l’acte a été retiré")
    if act.published_on is None:
        yield _("la date de sa publication n’est pas indiquée")


def _deliberation(act: Act, partner: Partner, matter: tuple[str, str], *, fictional: bool) -> list[str]:
    note = str(_("Démonstration, donnée fictive\u00a0: ")) if fictional else ""
    return [
        partner.name_on(act.adopted_on),
        partner.siret or "",
        act.number,
        act.adopted_on.isoformat(),
        *matter,
        f"{note}{act.title}",
        *("", "", ""),
        act.received_on.isoformat() if act.received_on else "",
        *_votes(act),
        "",
    ]


def _votes(act: Act) -> list[str]:
    """All five counts, or none: the format wants them together.

    The first is how many members could vote, absent ones too; the second, how many took part in the vote.
    """
    counted: list[Any] = [act.votes_for, act.votes_against, act.abstentions]
    if act.voters is None or None in counted:
        return [""] * 5
    return [str(act.voters), str(sum(counted)), *map(str, counted)]


#: The files, by the word of their address.
FILES = {"subventions": subventions, "deliberations": deliberations}
