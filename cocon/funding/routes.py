"""The matrix of the contract, the envelopes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from textwrap import shorten
from typing import Any

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.audit import words
from cocon.contracts import queries as contracts
from cocon.funding import drilling, ledger, operations, paging, queries
from cocon.funding.awaiting import LISTED
from cocon.funding.balance import EnvelopeLine, Matrix
from cocon.funding.blueprint import blueprint
from cocon.funding.choice import LEVELS, NARROWING, Choice, of_matrix, of_total
from cocon.funding.forms import EnvelopeForm
from cocon.funding.words import CASH, FORMS
from cocon.kernel.language import _
from cocon.kernel.money import Cents, euros
from cocon.partners import queries as partners
from cocon.policy import Permission, has_role
from cocon.web import access
from cocon.web.access import needs
from cocon.web.filters import capital
from cocon.web.forms import posted
from cocon.web.pages import done, show


@blueprint.get("/financement", endpoint="matrix")
@needs(Permission.READ)
def matrix() -> Response:
    """The whole contract: axis × objective × fiche × partner × year, at a level."""
    signatories, axes = partners.partners(), contracts.outline().axes
    choice = of_matrix(request.args, signatories)
    found, partner = queries.matrix(signatories, choice), choice.partner
    return show(
        "funding/matrix.html",
        matrix=found,
        choice=choice,
        window=paging.page(found, request.args.get("suite")),
        levels=[(slug, said[1]) for slug, said in LEVELS.items()],
        bars=[_bar(found, year, whole=partner is None and choice.planned) for year in found.years],
        legend=[(_tone(group.axis), _("axe %(n)s", n=group.axis.number)) for group in found.groups],
        heat=_heat(found),
        forms=FORMS,
        axis_options=[("", _("Tous les axes")), *((a.number, _("Axe %(n)s", n=a.number)) for a in axes)],
        partner_options=[
            ("", _("Tous les financeurs")),
            *((p.key, shorten(p.current_name, 40, placeholder="…")) for p in signatories),
        ],
        axis=choice.axis,
        partner=partner,
        partner_name=capital(words.the(partner.key, partner.current_name)) if partner else None,
        lacking=choice.lacking,
    )


@blueprint.get("/financement/contributions", endpoint="behind")
@needs(Permission.READ)
def behind() -> Response:
    """The contributions behind a total of the matrix, and their sum."""
    signatories = partners.partners()
    choice = of_total(request.args, signatories)
    fiche = actions.find(choice.action_id) if choice and choice.action_id else None
    if choice is None or (choice.action_id and fiche is None):
        abort(404)
    after = request.args.get("apres")
    return show(
        "funding/behind.html",
        choice=choice,
        fiche=fiche,
        behind=drilling.behind(choice, signatories, after),
        later=after is not None,
        said=" · ".join(_said(choice, fiche)),
        back={name: value for name, value in choice.args.items() if name in NARROWING},
    )


def _said(choice: Choice, fiche: Action | None) -> list[str]:
    """What was chosen, in words."""
    form = str(FORMS[choice.form])
    return [
        capital(str(choice.amounts)),
        form if choice.form == CASH else str(_("%(form)s, à part de tout total", form=form)),
        *([str(_("axe %(n)s", n=choice.axis.number))] if choice.axis else []),
        *([str(_("objectif %(letter)s", letter=choice.letter))] if choice.letter else []),
        *([str(_("fiches sans objectif"))] if choice.letter == "" else []),
        *([f"{fiche.code} {fiche.title}"] if fiche else []),
        *([choice.partner.current_name] if choice.partner else []),
        *([str(_("fiches où il manque de l’argent"))] if choice.lacking else []),
        *([str(LISTED[choice.awaited])] if choice.awaited else []),
        *([str(_("toutes fiches comprises"))] if choice.reserved else []),
        str(choice.year or _("toutes les années")),
    ]


def _heat(found: Matrix) -> list[tuple[str, list[tuple[int, Cents, int]], Cents]]:
    """Who brings money, with what it brings each year and how deep that is, from 0 to 4, beside the greatest."""
    most = max((cents for one in found.funders for cents in one.amounts.values()), default=0)
    return [
        (
            shorten(one.partner.current_name, 44, placeholder="…"),
            [(year, one.amounts[year], -(-one.amounts[year] * 4 // most) if most else 0) for year in found.years],
            one.total,
        )
        for one in found.funders
    ]


def _bar(found: Matrix, year: int, *, whole: bool) -> dict[str, Any]:
    """What is planned that year, axis by axis, and what is missing where the whole is shown."""
    return {
        "label": str(year),
        "segments": [(group.planned.get(year, 0), _tone(group.axis)) for group in found.groups],
        "missing": max(found.missing(year), 0) if whole else 0,
    }


def _tone(axis: contracts.AxisLine) -> str:
    return f"axis-{axis.number}"


@blueprint.get("/enveloppes", endpoint="envelopes")
@needs(Permission.READ)
def envelopes() -> Response:
    """What each partner sets aside; for those who bind a partner, its own envelopes to declare."""
    return _envelopes(EnvelopeForm())


@blueprint.post("/enveloppes", endpoint="envelopes_post")
@needs(Permission.DECLARE_ENVELOPE)
def envelopes_post() -> BaseResponse:
    """Declare my own organisation's envelope of a year."""
    form, actor = posted(EnvelopeForm), access.actor()
    mine = contracts.envelopes_of(actor.partner_id or "")
    envelope = next((one for one in mine if one.year == form.year.data), None)
    event = form.carry_out_on(envelope.rev if envelope else form.revision, operations.declare_envelope, actor, envelope)
    if event is None:
        return _envelopes(form)
    said = _("Enveloppe de %(year)s déclarée\u00a0: %(amount)s.", year=event.year, amount=euros(event.amount or 0))
    return done(url_for("funding.allotment", key=actor.partner_key), said)


def _envelopes(form: EnvelopeForm) -> Response:
    actor, lines = access.actor(), ledger.envelope_lines()
    declares = has_role(actor, Permission.DECLARE_ENVELOPE)
    mine = [line for line in lines if declares and line.partner.id == actor.partner_id]
    return show(
        "funding/envelopes.html",
        status=form.status,
        form=form,
        forms=_envelope_forms(mine, form),
        years=contracts.outline().years,
        mine=mine,
        first_due=next((line.year for line in mine if line.amount is None), 0),
        table=[(rows[0].partner, rows) for rows in _by_partner(lines)],
        totals=[_sums([line for line in lines if line.year == year]) for year in contracts.outline().years],
    )


def _envelope_forms(mine: Sequence[EnvelopeLine], form: EnvelopeForm) -> dict[int, EnvelopeForm]:
    forms = {line.year: EnvelopeForm(data={"amount": line.amount, "hard": line.hard}) for line in mine}
    return forms | ({form.year.data: form} if form.status != 200 and form.year.data in forms else {})


def _by_partner(lines: Sequence[EnvelopeLine]) -> list[list[EnvelopeLine]]:
    return [list(rows) for _partner, rows in groupby(lines, key=lambda line: line.partner.id)]


def _sums(lines: Sequence[EnvelopeLine]) -> tuple[Cents, Cents, Cents]:
    """Declared, promised, and what is left of what was declared."""
    return (
        sum(line.amount or 0 for line in lines),
        sum(line.promised for line in lines),
        sum(line.left or 0 for line in lines),
    )
