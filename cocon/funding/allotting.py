"""The page of a partner's envelopes, by year and by axis; declaring one, moving an amount from one to another.

Named outside the seven usual files: with the matrix it would make one file of two subjects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.audit import words as said
from cocon.contracts import queries as contracts
from cocon.contracts.models import Envelope
from cocon.contracts.queries import AxisLine
from cocon.funding import ledger, operations, proofs, queries, transfers, words
from cocon.funding.advancing import legal, named
from cocon.funding.blueprint import blueprint
from cocon.funding.choice import ALL, LEVELS
from cocon.funding.envelope_forms import AllotmentForm, TransferForm
from cocon.kernel.db import db
from cocon.kernel.language import LazyString, _
from cocon.kernel.money import euros
from cocon.policy import Permission, has_role
from cocon.web import access
from cocon.web.access import needs
from cocon.web.filters import capital
from cocon.web.forms import posted
from cocon.web.pages import done, show

#: The levels by the name of their column, as the address of what lies behind a total says them.
SAID = {"promised" if column == "amount" else column: slug for slug, (column, *_names) in LEVELS.items()}
#: What the columns of the table are called.
COLUMNS: dict[str, LazyString] = {
    "promised": _("Annoncé"),
    "inscribed": _("Inscrit"),
    "voted": _("Voté"),
    "contracted": _("Conventionné"),
    "engaged": _("Engagé"),
    "paid": _("Versé"),
}


@blueprint.get("/enveloppes/<key>", endpoint="allotment")
@needs(Permission.READ)
def allotment(key: str) -> Response:
    """A partner's envelopes, how far their money has come, and what they were before."""
    partner = ledger.partner(key)
    if partner is None:
        abort(404)
    rows, actor = ledger.rows(partner.id), access.actor()
    whole, after = [row for row in rows if row.axis is None], request.args.get("apres")
    changes = ledger.changes(partner.id, after)
    return show(
        "funding/allotment.html",
        partner=partner,
        called=capital(said.the(partner.key, partner.current_name)),
        mine=partner.id == actor.partner_id and has_role(actor, Permission.DECLARE_ENVELOPE),
        rows=rows,
        columns=COLUMNS,
        totals=_totals(whole),
        axes=contracts.outline().axes,
        years=contracts.outline().years,
        over=[row for row in rows if row.over],
        changes=changes.lines,
        next=changes.next,
        later=after is not None,
        span=span,
        span_of=_span_of,
        legal=legal,
        behind=_behind(partner.key),
    )


def _behind(key: str) -> Callable[..., str]:
    """The address of the contributions of the partner behind a figure of the table."""

    def address(name: str, row: ledger.Row | None = None) -> str:
        span: dict[str, Any] = {"annee": row.year, "axe": row.axis} if row else {}
        return url_for("funding.behind", etape=SAID[name], partenaire=key, fiches=ALL, **span)

    return address


@blueprint.get("/enveloppes/declarer", endpoint="declare")
@needs(Permission.DECLARE_ENVELOPE)
def declare() -> Response:
    """Ask what my organisation sets aside for a year, or for an axis of it."""
    whole, axis, row = _asked()
    return _declaring(whole, axis, row, AllotmentForm(data={"amount": row.amount, "hard": row.hard}))


@blueprint.post("/enveloppes/declarer", endpoint="declare_post")
@needs(Permission.DECLARE_ENVELOPE)
def declare_post() -> BaseResponse:
    """Declare it."""
    (whole, axis, row), form = _asked(), posted(AllotmentForm)
    actor = access.actor()
    _offer_acts(form)
    event = form.carry_out_on(row.rev, operations.declare_envelope, actor, whole, axis_id=axis.id if axis else None)
    if event is None:
        return _declaring(*_asked(), form)
    told = _(
        "Enveloppe %(span)s déclarée\u00a0: %(amount)s.",
        span=span(event.year, event.axis),
        amount=euros(event.amount or 0),
    )
    beyond = _beyond_year(event.year)
    return done(url_for("funding.allotment", key=actor.partner_key), f"{told} {beyond}" if beyond else told)


def _beyond_year(year: int) -> LazyString | None:
    """What to say where the axes of a year were declared more than the year itself, which is allowed."""
    rows = [row for row in _declared() if row.year == year]
    whole = next((row.amount or 0 for row in rows if row.axis is None), None)
    axes = sum(row.amount or 0 for row in rows if row.axis is not None)
    if whole is None or axes <= whole:
        return None
    return _(
        "Attention\u00a0: les enveloppes d’axes de %(year)s font ensemble %(axes)s, plus que celle de l’année, "
        "%(whole)s.",
        year=year,
        axes=euros(axes),
        whole=euros(whole),
    )


@blueprint.get("/enveloppes/transfert", endpoint="transfer")
@needs(Permission.DECLARE_ENVELOPE)
def transfer() -> Response:
    """Ask what to move from which envelope to which."""
    return _transferring(TransferForm())


@blueprint.post("/enveloppes/transfert", endpoint="transfer_post")
@needs(Permission.DECLARE_ENVELOPE)
def transfer_post() -> BaseResponse:
    """Move it."""
    form, actor = posted(TransferForm), access.actor()
    rows = _declared()
    form.offer(_choices([row for row in rows if row.amount]), _choices(rows))
    _offer_acts(form)
    source = db.session.get(Envelope, form.source.data) if form.source.data in {row.id for row in rows} else None
    current = transfers.revision_of(actor.partner_id or "")
    event = form.carry_out_on(current, transfers.transfer_envelope, actor, source)
    if event is None:
        return _transferring(form)
    told = _(
        "%(amount)s transférés de l’enveloppe %(source)s à l’enveloppe %(target)s.",
        amount=euros(event.amount),
        source=span(event.year, event.axis),
        target=span(event.target_year, event.target_axis),
    )
    return done(url_for("funding.allotment", key=actor.partner_key), told)


def span(year: int, axis: int | None) -> str:
    """``2014``, or ``2014, axe 2``."""
    return str(_("%(year)s, axe %(axis)s", year=year, axis=axis)) if axis else str(year)


def _span_of(envelope: Envelope) -> str:
    number = next((axis.number for axis in contracts.outline().axes if axis.id == envelope.axis_id), None)
    return span(envelope.year, number)


def _totals(rows: Sequence[ledger.Row]) -> dict[str, int]:
    """Over the whole years: axes are parts of them."""
    sums: Counter[str] = Counter(dict.fromkeys((*ledger.LEVELS, "amount", "left"), 0))
    for row in rows:
        sums.update({**row.sums, "amount": row.amount or 0, "left": row.left or 0})
    return dict(sums)


def _asked() -> tuple[Envelope, AxisLine | None, ledger.Row]:
    """My organisation's envelope that the address names, which may be of an axis that has none yet."""
    mine, year = access.actor().partner_id or "", request.args.get("exercice", str(queries.exercise()))
    whole = next((one for one in contracts.envelopes_of(mine) if str(one.year) == year), None)
    number = request.args.get("axe")
    axis = next((one for one in contracts.outline().axes if str(one.number) == number), None)
    if whole is None or (number and axis is None):
        abort(404)
    wanted = (whole.year, axis.number if axis else None)
    empty = ledger.Row(partner_id=mine, year=whole.year, axis=wanted[1], sums=dict.fromkeys(ledger.LEVELS, 0))
    return whole, axis, next((row for row in ledger.rows(mine) if (row.year, row.axis) == wanted), empty)


def _declaring(whole: Envelope, axis: AxisLine | None, row: ledger.Row, form: AllotmentForm) -> Response:
    actor = access.actor()
    _offer_acts(form)
    return show(
        "funding/declare.html",
        status=form.status,
        form=form,
        year=whole.year,
        axis=axis,
        row=row,
        beyond=_beyond_year(whole.year),
        behalf="".join(said.of_the(actor.partner_key, actor.partner_name or "")),
        back=url_for("funding.allotment", key=actor.partner_key),
    )


def _transferring(form: TransferForm) -> Response:
    actor = access.actor()
    rows = _declared()
    form.offer(_choices([row for row in rows if row.amount]), _choices(rows))
    _offer_acts(form)
    return show(
        "funding/transfer.html",
        status=form.status,
        form=form,
        rows=rows,
        span=span,
        revision=transfers.revision_of(actor.partner_id or ""),
        behalf="".join(said.of_the(actor.partner_key, actor.partner_name or "")),
        back=url_for("funding.allotment", key=actor.partner_key),
    )


def _declared() -> list[ledger.Row]:
    return [row for row in ledger.rows(access.actor().partner_id or "") if row.amount is not None]


def _choices(rows: Sequence[ledger.Row]) -> list[tuple[str, str]]:
    return [(str(row.id), f"{span(row.year, row.axis)}\u00a0: {euros(row.amount or 0)}") for row in rows]


def _offer_acts(form: Any) -> None:
    acts = proofs.own_acts(access.actor().partner_id, tuple(words.KINDS))[: proofs.OFFERED]
    form.act.choices = [("", _("Aucun acte")), *((one.id, named(one)) for one in acts)]
