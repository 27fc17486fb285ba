"""The pages of what a partner tries before it promises: private to it until it turns them into contributions.

Named outside the seven usual files: the form's fields follow the fiches that are tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse
from wtforms import HiddenField
from wtforms.validators import StopValidation

from cocon.audit import words as said
from cocon.contracts.queries import outline
from cocon.funding import simulations, trying, words
from cocon.funding.allotting import span
from cocon.funding.blueprint import blueprint
from cocon.funding.envelope_forms import ApplyForm, SimulationForm
from cocon.funding.models import Simulation
from cocon.funding.simulations import Tried
from cocon.funding.trying import Key, Trial
from cocon.kernel.language import _, ngettext
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Refusal
from cocon.policy import Permission, may
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import MoneyField, posted
from cocon.web.pages import done, show

_NAME = re.compile(r"amount-([0-9a-f-]{36})-([a-z]*)-(\d{4})", re.ASCII)
_SEEN = re.compile(r"(\d{1,9}):(\d{1,18})", re.ASCII)
#: More lines than this are no simulation that somebody reads.
LINES = 200


class TrialForm(SimulationForm):
    """The name, and the cells: an empty one leaves what is planned, zero withdraws it."""

    cells: Mapping[str, Key] = {}

    def cell(self, key: Key) -> Any:
        """A field of the table."""
        return self._fields[name_of(key)]

    def seen(self, key: Key) -> Any:
        """What the page showed of a line: its revision and its amount."""
        return self._fields[f"seen{name_of(key).removeprefix('amount')}"]

    def show(self, trial: Trial) -> None:
        """Fill the cells with what is tried, unless something was just typed."""
        for key in self.cells.values():
            field, share = self.cell(key), trial.share(key)
            if not field.raw_data:
                field.data = trial.cells[key].amount if key in trial.cells else None
            self.seen(key).data = f"{share.rev}:{share.amount}"

    @property
    def tried(self) -> list[Tried]:
        """What the cells say that differs from what is planned."""
        found = []
        for key in self.cells.values():
            amount, (revision, former) = self.cell(key).data, _read(self.seen(key).data)
            if amount is not None and amount != former:
                action_id, nature, year = key
                found.append(
                    Tried(
                        action_id=action_id,
                        nature=nature,
                        year=year,
                        amount=amount,
                        former=former,
                        revision=revision,
                    )
                )
        return found

    def facts(self) -> dict[str, Any]:
        return {"name": self.name.data, "cells": self.tried, "revision": self.revision}


def _zero_or_more(_form: Any, field: Any) -> None:
    if field.data is not None and field.data < 0:
        raise StopValidation(str(_("Indiquez un montant, ou zéro pour retirer la contribution.")))


def name_of(key: Key) -> str:
    """The name of a cell."""
    return f"amount-{key[0]}-{key[1]}-{key[2]}"


def _read(text: str | None) -> tuple[int, Cents]:
    """The revision and the amount that a page showed; -1, which is no revision, when it was tampered with."""
    match = _SEEN.fullmatch(text or "")
    return (int(match[1]), int(match[2])) if match else (-1, 0)


def _form_for(rows: Iterable[tuple[str, str]], titles: Mapping[str, str]) -> type[TrialForm]:
    cells = {name_of((*row, year)): (*row, year) for row in rows for year in outline().years}
    fields: dict[str, Any] = {
        name: MoneyField(_label(titles.get(key[0], ""), key), [_zero_or_more]) for name, key in cells.items()
    }
    fields |= {f"seen{name.removeprefix('amount')}": HiddenField() for name in cells}
    return type("TrialForm", (TrialForm,), {**fields, "cells": cells})


def _label(code: str, key: Key) -> str:
    return str(_("Fiche %(code)s, %(year)s, %(kind)s", code=code, year=key[2], kind=words.called(words.CASH, key[1])))


@blueprint.get("/simulations", endpoint="simulations")
@needs(Permission.SIMULATE)
def index() -> Response:
    """My organisation's simulations."""
    return _index(SimulationForm())


@blueprint.post("/simulations", endpoint="simulations_post")
@needs(Permission.SIMULATE)
def start() -> BaseResponse:
    """Begin one."""
    form = posted(SimulationForm)
    made = form.carry_out(simulations.start, access.actor(), None)
    if made is None:
        return _index(form)
    told = _("Simulation commencée\u00a0: ajoutez-y des fiches.")
    return done(url_for("funding.simulation", simulation_id=made.id), told)


@blueprint.get("/simulations/<uuid:simulation_id>", endpoint="simulation")
@needs(Permission.SIMULATE)
def simulation(simulation_id: UUID) -> Response:
    """What is tried and what it would change."""
    found = _own(simulation_id)
    return _page(found, None, _added())


@blueprint.post("/simulations/<uuid:simulation_id>", endpoint="simulation_post")
@needs(Permission.SIMULATE)
def save(simulation_id: UUID) -> BaseResponse:
    """Keep what is tried, then show one more fiche where that is asked."""
    found = _own(simulation_id)
    rows = list(dict.fromkeys([*_sent(request.form), *(one.key[:2] for one in simulations.tried(found))]))
    codes = {one.id: one.code for one in trying.trial(found.partner_id, [], rows).fiches}
    form = _form_for([row for row in rows if row[0] in codes], codes)(request.form)
    kept = form.carry_out(simulations.save, access.actor(), found)
    if kept is None:
        return _page(_own(simulation_id), form, rows)
    more: dict[str, Any] = (
        {name: request.form.get(name, "")[:36] for name in ("fiche", "nature")} if "ajouter" in request.form else {}
    )
    return done(url_for("funding.simulation", simulation_id=found.id, **more), _("Simulation enregistrée."))


@blueprint.post("/simulations/<uuid:simulation_id>/abandonner", endpoint="drop_simulation")
@needs(Permission.SIMULATE)
def drop(simulation_id: UUID) -> BaseResponse:
    """Forget one."""
    form = posted(ApplyForm)
    try:
        simulations.drop(access.actor(), _own(simulation_id), revision=form.revision)
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(_own(simulation_id), None, [], status=form.status, told=str(refusal))
    return done(url_for("funding.simulations"), _("Simulation abandonnée\u00a0: rien n’en reste."))


@blueprint.get("/simulations/<uuid:simulation_id>/transformer", endpoint="apply")
@needs(Permission.APPLY)
def apply(simulation_id: UUID) -> Response:
    """Ask before turning what is tried into contributions."""
    return _applying(_own(simulation_id), ApplyForm())


@blueprint.post("/simulations/<uuid:simulation_id>/transformer", endpoint="apply_post")
@needs(Permission.APPLY)
def apply_post(simulation_id: UUID) -> BaseResponse:
    """Turn them, all or none."""
    found, form = _own(simulation_id), posted(ApplyForm)
    event = form.carry_out(simulations.apply_simulation, access.actor(), found)
    if event is None:
        return _applying(_own(simulation_id), form)
    told = ngettext("%(num)s montant enregistré.", "%(num)s montants enregistrés.", event.count)
    return done(url_for("funding.allotment", key=access.actor().partner_key), told)


def _own(simulation_id: UUID) -> Simulation:
    found = simulations.find(access.actor(), str(simulation_id))
    if found is None:
        abort(404)
    return found


def _sent(names: Iterable[str]) -> list[tuple[str, str]]:
    """The lines whose cells were sent."""
    matches = (_NAME.fullmatch(name) for name in names)
    rows = dict.fromkeys((match[1], match[2]) for match in matches if match and match[2] in words.NATURES)
    return list(rows)[:LINES]


def _added() -> list[tuple[str, str]]:
    """The line that the address asks for."""
    fiche, nature = request.args.get("fiche", ""), request.args.get("nature", words.OPERATING)
    known = {action_id for action_id, _called in trying.open_fiches()} if fiche else set()
    return [(fiche, nature)] if fiche in known and nature and nature in words.NATURES else []


def _index(form: SimulationForm) -> Response:
    found = simulations.of_partner(access.actor())
    return show(
        "funding/simulations.html",
        status=form.status,
        form=form,
        running=[one for one in found if one.closed_at is None],
        closed=[one for one in found if one.closed_at is not None],
    )


def _page(
    found: Simulation,
    form: TrialForm | None,
    also: Sequence[tuple[str, str]],
    *,
    status: int | None = None,
    told: str | None = None,
) -> Response:
    trial = trying.trial(found.partner_id, simulations.tried(found), also)
    rows = [(one.id, nature) for one in trial.fiches for nature in one.natures]
    if form is None:
        form = _form_for(rows, {one.id: one.code for one in trial.fiches})(None, data={"name": found.name})
    form.show(trial)
    known = {key[:2] for key in form.cells.values()}
    fiches = [
        replace(one, natures=[nature for nature in one.natures if (one.id, nature) in known]) for one in trial.fiches
    ]
    return show(
        "funding/simulation.html",
        status=status or form.status,
        told=told,
        simulation=found,
        form=form,
        trial=replace(trial, fiches=fiches),
        years=outline().years,
        natures=[(one, str(label)) for one, label in words.NATURES.items() if one],
        called={one: words.called(words.CASH, one) for one in words.NATURES},
        fiches=[] if found.closed_at else trying.open_fiches(),
        applies=may(access.actor(), Permission.APPLY, found) and not found.closed_at,
        span=span,
    )


def _applying(found: Simulation, form: ApplyForm) -> Response:
    actor = access.actor()
    trial = trying.trial(found.partner_id, simulations.tried(found))
    return show(
        "funding/apply.html",
        status=form.status,
        simulation=found,
        form=form,
        trial=trial,
        codes={one.id: one.code for one in trial.fiches},
        ended=[one for one in trial.fiches if not one.alive],
        stale=[key for key in trial.cells if trial.stale(key)],
        called={one: words.called(words.CASH, one) for one in words.NATURES},
        span=span,
        behalf="".join(said.of_the(actor.partner_key, actor.partner_name or "")),
    )
