"""The lines of a spreadsheet of votes, or of payments, judged as if each were recorded by hand after the one before.

Named outside the seven usual files: ``judging`` judges fiches. Nothing is written: tranches are copies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from cocon.actions.models import Action
from cocon.contracts.queries import outline
from cocon.funding import conditions, paying, stages, steps, unmet, words
from cocon.funding.models import Act, Condition, Contribution, Step, Tranche
from cocon.funding.paying import Fact, Vote
from cocon.funding.refusals import DayNeeded, ReferenceNeeded, StepAmountNeeded
from cocon.funding.standing import standing
from cocon.funding.steps import Taken, bare
from cocon.imports.books import UNCALCULATED, Row, letters
from cocon.imports.judging import UNKNOWN, Fault
from cocon.kernel import clock, money
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.folding import flat
from cocon.kernel.language import LazyString, _
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Refusal
from cocon.partners.models import Partner
from cocon.web.forms import FIRST_DAY, LAST_DAY, clean, visible

#: The step that each kind of file records.
STEPS = {"votes": "voted", "payments": "paid"}
EXAMPLE = "EXEMPLE"
LONGEST = 60

_PLACE: dict[str, LazyString] = {
    "code": _("Code de la fiche"),
    "year": _("Exercice"),
    "nature": _("Nature"),
    "amount": _("Montant, en euros"),
}
FIELDS: dict[str, dict[str, LazyString]] = {
    "votes": {**_PLACE, "act": _("Numéro de l’acte")},
    "payments": {**_PLACE, "taken_on": _("Date du versement"), "reference": _("Référence")},
}
SYNONYMS: dict[str, tuple[str, ...]] = {
    "code": ("code", "fiche", "code fiche", "action", "fiche action"),
    "year": ("annee", "exercice budgetaire", "millesime"),
    "nature": ("section", "type de depense"),
    "amount": ("montant", "montant verse", "montant vote", "montant mandate", "somme"),
    "act": ("acte", "deliberation", "numero de deliberation", "arrete", "decision", "numero"),
    "taken_on": ("date", "date de paiement", "date du mandat", "versé le", "mandate le"),
    "reference": ("mandat", "numero de mandat", "reference du mandat", "ref", "bordereau"),
}
_NATURES = {"f": "operating", "fonctionnement": "operating", "i": "investment", "investissement": "investment"}


@dataclass(frozen=True)
class Posted:
    """A sound line: a step of the actor's own money.

    A vote replaces the one before, if any; ``seen`` is the number of that step when its author read the check page.
    """

    number: int
    action: Action
    tranche_id: str
    year: int
    nature: str
    amount: Cents
    taken: Taken
    replaced: Vote | None = None
    seen: int = 0


@dataclass
class Judged:
    """A line, what is wrong with it, and the step that it is when nothing is."""

    number: int
    said: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)
    posted: Posted | None = None


@dataclass(frozen=True)
class Books:
    """The actor's own money, acts and payments, as they are when the lines are judged.

    ``asked`` is what suspends contributions, or did; ``facts`` what tranches went through, the payments of the
    lines before included.
    """

    actions: Mapping[str, Action]
    tranches: Mapping[tuple[str, int, str], Tranche]
    acts: Mapping[str, list[Act]]
    paid: set[tuple[str, str]]
    asked: Mapping[str, Sequence[Condition]]
    facts: dict[str, list[Fact]]
    voted: set[str] = field(default_factory=set)


def guess(headers: Sequence[str], kind: str) -> dict[str, str]:
    """The field that each column seems to hold, by number of column; a field is guessed once."""
    fields = FIELDS[kind]
    known = {flat(header): name for name, every in SYNONYMS.items() for header in every if name in fields}
    known |= {flat(str(label)): name for name, label in fields.items()}
    mapping: dict[str, str] = {}
    for column, header in enumerate(headers):
        name = known.get(flat(header.replace("*", "").replace(":", " ")).strip())
        if name and name not in mapping.values():
            mapping[str(column)] = name
    return mapping


def books(actor: Actor) -> Books:
    """What lines are judged against."""
    mine = Contribution.partner_id == actor.partner_id
    rows = db.session.execute(
        select(Action, Tranche)
        .join(Contribution, Contribution.action_id == Action.id)
        .join(Contribution.tranches)
        .where(mine, Contribution.form == words.CASH)
    ).all()
    paid = db.session.execute(
        select(Step.tranche_id, Step.reference)
        .join(Tranche, Tranche.id == Step.tranche_id)
        .join(Contribution, Contribution.id == Tranche.contribution_id)
        .where(mine, Step.kind == "paid", standing())
    )
    return Books(
        actions={row[0].code.casefold(): row[0] for row in rows},
        tranches={(row[0].id, row[1].year, row[1].nature): _copy(row[1]) for row in rows},
        acts=_acts(actor),
        paid={(tranche_id, bare(reference)) for tranche_id, reference in paid},
        asked=_asked(mine),
        facts=paying.facts_of(mine),
    )


def _asked(mine: Any) -> Mapping[str, Sequence[Condition]]:
    found: dict[str, list[Condition]] = {}
    for one in conditions.suspending(mine):
        found.setdefault(one.contribution_id, []).append(one)
    return found


def _copy(tranche: Tranche) -> Tranche:
    """A tranche that no session holds."""
    kept = ("id", "contribution_id", "year", "nature", "amount", "stage", *stages.LEVELS)
    return Tranche(**{name: getattr(tranche, name) for name in kept})


def _acts(actor: Actor) -> dict[str, list[Act]]:
    """The acts by which the actor's partner gives money, by number."""
    rows = db.session.execute(
        select(Act, Partner.kind)
        .join(Partner, Partner.id == Act.partner_id)
        .where(Act.partner_id == actor.partner_id, Act.withdrawn_at.is_(None))
    )
    found: dict[str, list[Act]] = {}
    for act, kind in rows:
        if act.kind in words.giving(kind):
            found.setdefault(bare(act.number), []).append(act)
    return found


def judge(lines: Sequence[Row], mapping: Mapping[str, str], kind: str, known: Books) -> list[Judged]:
    """Every line but the model's example, with every fault by line and column."""
    columns = {name: int(column) for column, name in mapping.items()}
    said = [
        (number, {name: clean(cells[place]) if place < len(cells) else "" for name, place in columns.items()})
        for number, cells in lines
    ]
    every = [Line(number, told, columns, kind, known) for number, told in said if not _is_example(told)]
    return [line.judged() for line in every]


def _is_example(told: Mapping[str, str]) -> bool:
    return told.get("code", "").startswith(EXAMPLE)


class Line:
    """A line while it is judged."""

    def __init__(
        self, number: int, said: Mapping[str, str], columns: Mapping[str, int], kind: str, known: Books
    ) -> None:
        self.kind, self.known, self.columns = kind, known, columns
        self.judgement = Judged(number, said)

    def judged(self) -> Judged:
        """Each cell alone, then the line as a step after those before it."""
        found: dict[str, Any] = {name: self._cell(name) for name in FIELDS[self.kind]}
        if not self.judgement.faults:
            self._place(found)
        return self.judgement

    def _fault(self, name: str, sentence: LazyString | str) -> None:
        column = letters(self.columns[name]) if name in self.columns else "–"
        fault = Fault(self.judgement.number, column, FIELDS[self.kind][name], sentence)
        self.judgement.faults.append(fault)

    def _cell(self, name: str) -> Any:
        text = self.judgement.said.get(name, "")
        if text == UNCALCULATED:
            self._fault(name, UNKNOWN)
            return None
        try:
            return getattr(self, f"_{name}")(text)
        except Refusal as refusal:
            self._fault(name, str(refusal))
        except _Wrong as wrong:
            self._fault(name, wrong.sentence)
        return None

    def _code(self, text: str) -> Action:
        action = self.known.actions.get(text.casefold())
        if action is None:
            raise _Wrong(_("Votre organisation n’apporte rien en numéraire à une fiche de ce code."))
        if not action.alive:
            raise _Wrong(_("Cette fiche est retirée ou fusionnée\u00a0: plus rien ne s’y enregistre."))
        return action

    def _year(self, text: str) -> int:
        if text not in map(str, outline().years):
            raise _Wrong(_("Cet exercice n’est pas couvert par le contrat."))
        return int(text)

    def _nature(self, text: str) -> str | None:
        """Operating or investment; None where the column is left out or empty, and one tranche only can be meant."""
        if text and flat(text) not in _NATURES:
            raise _Wrong(_("Écrivez «\u00a0fonctionnement\u00a0» ou «\u00a0investissement\u00a0»."))
        return _NATURES[flat(text)] if text else None

    def _amount(self, text: str) -> Cents:
        try:
            cents = money.parse(text)
        except money.NotMoney:
            raise _Wrong(_("Écrivez un montant en euros, par exemple 12\u202f500,00.")) from None
        if cents <= 0:
            raise StepAmountNeeded
        return cents

    def _act(self, text: str) -> Act:
        found = self.known.acts.get(bare(text), [])
        if not found:
            raise _Wrong(_("Aucun acte de votre organisation n’a ce numéro\u00a0: enregistrez-le d’abord."))
        if len(found) > 1:
            raise _Wrong(_("Plusieurs de vos actes ont ce numéro\u00a0: indiquez ce vote à la main."))
        return found[0]

    def _taken_on(self, text: str) -> date:
        day = _day(text)
        if day is None:
            raise _Wrong(_("Écrivez une date, par exemple 15/11/2014."))
        if day > clock.today():
            raise DayNeeded
        return day

    def _reference(self, text: str) -> str:
        if not text.strip():
            raise ReferenceNeeded
        if len(text) > LONGEST:
            raise _Wrong(_("Ce texte est trop long\u202f: %(max)s caractères au plus.", max=LONGEST))
        said = " ".join(text.split())
        if visible(said) != said:
            raise _Wrong(_("Cette référence contient un caractère invisible\u202f: retapez-la."))
        return said

    def _place(self, found: Mapping[str, Any]) -> None:
        """Find the tranche, and move it as the step would."""
        tranche = self._tranche(found)
        if tranche is None:
            return
        act: Act | None = found.get("act")
        taken = Taken(
            amount=found["amount"],
            taken_on=act.adopted_on if act else found["taken_on"],
            act_id=act.id if act else None,
            reference=found.get("reference"),
        )
        try:
            self._demand_takable(tranche, taken)
            steps.rehearse(tranche, STEPS[self.kind], found["amount"])
        except Refusal as refusal:
            name = refusal.field if refusal.field in FIELDS[self.kind] else "code"
            self._fault(name or "code", str(refusal))
            return
        if not act:
            paid = paying.payment(tranche.id, found["amount"], found["taken_on"])
            self.known.facts.setdefault(tranche.id, []).append(paid)
        place = (self.judgement.number, found["code"], tranche.id, tranche.year, tranche.nature)
        replaced = paying.last_vote(self.known.facts.get(tranche.id, ())) if act else None
        self.judgement.posted = Posted(*place, found["amount"], taken, replaced, replaced.number if replaced else 0)

    def _tranche(self, found: Mapping[str, Any]) -> Tranche | None:
        natures = (found["nature"],) if found["nature"] else tuple(words.NATURES)
        keys = [(found["code"].id, found["year"], nature) for nature in natures]
        tranches = [self.known.tranches[key] for key in keys if key in self.known.tranches]
        if len(tranches) == 1:
            return tranches[0]
        if tranches:
            self._fault("nature", _("Dites si c’est du fonctionnement ou de l’investissement."))
        else:
            self._fault("year", _("Votre organisation n’a pas de contribution à cette fiche pour cet exercice."))
        return None

    def _demand_takable(self, tranche: Tranche, taken: Taken) -> None:
        """What the step would be refused for, beside the table; no two votes, no payment twice."""
        if self.kind != "payments":
            if tranche.id in self.known.voted:
                raise unmet.VotedTwice
            self.known.voted.add(tranche.id)
            return
        paying.demand_year(tranche.year, taken.taken_on)
        asked = self.known.asked.get(tranche.contribution_id, ())
        if any(one.standing for one in asked):
            raise unmet.SuspendedLine
        conditions.demand_met(asked, taken.taken_on)
        paying.demand_payable(self.known.facts.get(tranche.id, []), taken.taken_on, taken.amount or 0)
        key = tranche.id, bare(taken.reference)
        if key in self.known.paid:
            raise unmet.PaymentKnown
        self.known.paid.add(key)


class _Wrong(Exception):
    """A cell that cannot be read."""

    def __init__(self, sentence: LazyString | str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def _day(text: str) -> date | None:
    """The day that a cell says; the hour that accounts add to it says nothing more."""
    text = re.sub(r"[ T]\d{1,2}:\d{2}(?::\d{2})?$", "", text.strip(), flags=re.ASCII)
    for shape in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            day = datetime.strptime(text.strip(), shape).date()  # noqa: DTZ007 - a day has no hour
        except ValueError:
            continue
        return day if FIRST_DAY <= day <= LAST_DAY else None
    return None
