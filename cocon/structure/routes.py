"""Former codes, the acts of the secretariat on a fiche, and what a partner says of a promise left behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.contracts.queries import branches
from cocon.funding.words import FORMS
from cocon.kernel.language import LazyString, _
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.policy import Permission, demand
from cocon.structure import consequences, forms, operations, queries
from cocon.structure.models import Carry, Lineage
from cocon.web.access import actor, needs
from cocon.web.forms import posted
from cocon.web.pages import done, show

blueprint = Blueprint("structure", __name__)
#: A text left behind says where its fiche went.
blueprint.app_context_processor(lambda: {"merged_into": queries.merged_into})


@dataclass(frozen=True)
class Act:
    """One act of the secretariat: its form, its operation, and its words."""

    title: LazyString
    lead: LazyString
    confirm: LazyString
    said: LazyString
    form: type[forms.StructureForm]
    operation: Callable[..., Any]
    foresee: Callable[[Action, Mapping[str, Any]], consequences.Words]
    hints: Mapping[str, LazyString]
    optional: frozenset[str] = frozenset()


_OTHER = _("Son code, par exemple 1.A.03, même ancien\u202f; ou des mots de son titre, pour la choisir ensuite.")
ACTS: dict[str, Act] = {
    "deplacer": Act(
        _("Déplacer la fiche"),
        _("Changer son axe ou son objectif. Elle prend un nouveau code\u202f; l’ancien mène toujours à elle."),
        _("Déplacer la fiche"),
        _("La fiche porte désormais le code %(code)s."),
        forms.MoveForm,
        operations.move_action,
        consequences.moving,
        {},
    ),
    "fusionner": Act(
        _("Fusionner la fiche dans une autre"),
        _("Pour un doublon. Cette fiche-ci s’arrête\u202f; l’autre reste. Aucune contribution n’est déplacée."),
        _("Fusionner la fiche"),
        _("La fiche est fusionnée."),
        forms.MergeForm,
        operations.merge_action,
        consequences.merging,
        {"other": _OTHER},
    ),
    "scinder": Act(
        _("Scinder la fiche"),
        _("Indiquer les fiches qui en viennent. Les nouvelles sont remises, en brouillon, à qui l’a proposée."),
        _("Scinder la fiche"),
        _("La fiche est scindée."),
        forms.SplitForm,
        operations.split_action,
        consequences.splitting,
        {"titles": _("Dix fiches au plus. Tous les partenaires liront ces titres.")},
        frozenset({"titles", "others"}),
    ),
    "lier": Act(
        _("Lier à une autre fiche"),
        _("Les deux pages diront «\u00a0voir aussi\u00a0». Un lien se retire avec un motif."),
        _("Lier les deux fiches"),
        _("Les deux fiches sont liées."),
        forms.LinkForm,
        operations.link_actions,
        consequences.linking,
        {"other": _OTHER},
    ),
    "filiation": Act(
        _("Indiquer une filiation"),
        _("Dire à quelle fiche d’un contrat antérieur celle-ci fait suite, et où cela est écrit."),
        _("Indiquer la filiation"),
        _("La filiation est indiquée."),
        forms.LineageForm,
        operations.state_lineage,
        consequences.descending,
        {"source": _("Le document, sa date, sa page\u00a0: de quoi le retrouver.")},
        frozenset({"former_code"}),
    ),
}
RULE = f"/actions/<uuid:action_id>/structure/<any({','.join(ACTS)}):act>"


@blueprint.get("/actions/code/<code>", endpoint="code")
@needs(Permission.READ)
def code(code: str) -> BaseResponse:
    """The fiche that bears a code, or bore it before it was moved."""
    action_id = actions.id_of(code)
    if action_id is None:
        abort(404)
    return redirect(url_for("dossier.action", action_id=action_id))


@blueprint.get("/actions/<uuid:action_id>/structure", endpoint="acts")
@needs(Permission.RESTRUCTURE)
def acts(action_id: UUID) -> Response:
    """What the secretariat can do, and the links of the fiche."""
    action = _action(action_id)
    return show("structure/acts.html", action=action, acts=ACTS, links=queries.links(action.id, actor()))


@blueprint.get(RULE, endpoint="act")
@needs(Permission.RESTRUCTURE)
def act(action_id: UUID, act: str) -> Response:
    """The form of an act."""
    action, form = _action(action_id), ACTS[act].form()
    return _act_page(action, act, form)


@blueprint.post(RULE, endpoint="act_post")
@needs(Permission.RESTRUCTURE)
def act_post(action_id: UUID, act: str) -> BaseResponse:
    """First the check page, then, once confirmed, the act itself."""
    action, chosen = _action(action_id), ACTS[act]
    form = posted(chosen.form)
    form.action = action
    form.offer(branches(), queries.earlier_contracts())
    if form.version.data != str(action.rev):
        form.refuse(Outdated())
        return _act_page(action, act, form)
    if "modifier" in request.form:
        return _act_page(action, act, form)
    if "confirmer" not in request.form:
        return _checked(action, act, form)
    event = form.carry_out(chosen.operation, actor(), action)
    if event is None:
        again = _action(action_id)
        return _foreseen(again, act, form) if form.errs_on_check else _act_page(again, act, form)
    return done(url_for("dossier.action", action_id=action_id), str(chosen.said) % {"code": event.action_code})


def _checked(action: Action, act: str, form: forms.StructureForm) -> Response:
    """The check page, or the form again with what is wrong."""
    if not form.validate():
        form.status = 422
        return _act_page(action, act, form)
    return _foreseen(action, act, form)


def _foreseen(action: Action, act: str, form: forms.StructureForm) -> Response:
    """The check page, or the form again with what forbids the act."""
    try:
        words = ACTS[act].foresee(action, form.facts())
    except Forbidden:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return _act_page(action, act, form)
    form.ask_more()
    return _act_page(action, act, form, words)


def _act_page(action: Action, act: str, form: forms.StructureForm, words: consequences.Words | None = None) -> Response:
    form.offer(branches(), queries.earlier_contracts())
    return show(
        "structure/act.html", status=form.status, action=action, name=act, act=ACTS[act], form=form, consequences=words
    )


@blueprint.get("/actions/<uuid:action_id>/structure/liens/<uuid:link_id>/retirer", endpoint="end_link")
@needs(Permission.RESTRUCTURE)
def end_link(action_id: UUID, link_id: UUID) -> Response:
    """Ask why a link is taken back."""
    action = _action(action_id)
    return _end_page(action, link_id, forms.EndForm())


@blueprint.post("/actions/<uuid:action_id>/structure/liens/<uuid:link_id>/retirer", endpoint="end_link_post")
@needs(Permission.RESTRUCTURE)
def end_link_post(action_id: UUID, link_id: UUID) -> BaseResponse:
    """Take a link back."""
    action, form = _action(action_id), posted(forms.EndForm)
    tie = queries.tie(action.id, str(link_id))
    if tie is None:
        abort(404)
    if form.version.data != str(tie.rev):
        form.refuse(Outdated())
        return _end_page(action, link_id, form)
    if form.carry_out(operations.end_link, actor(), action, link_id=str(link_id)) is None:
        return _end_page(_action(action_id), link_id, form)
    return done(url_for("structure.acts", action_id=action_id), _("Le lien est retiré."))


def _end_page(action: Action, link_id: UUID, form: forms.EndForm) -> Response:
    links, tie = queries.links(action.id, actor()), queries.tie(action.id, str(link_id))
    if tie is None:
        abort(404)
    known = links.ancestors if isinstance(tie, Lineage) else links.ties
    shown = next(one for one in known if one.id == tie.id)
    return show("structure/end_link.html", status=form.status, action=action, tie=tie, shown=shown, form=form)


@blueprint.get("/actions/<uuid:action_id>/reporter", endpoint="carry")
@needs(Permission.CARRY)
def carry(action_id: UUID) -> Response:
    """What my organisation had promised to a fiche merged since, and how to carry it."""
    return _carry_page(_carry(action_id), forms.CarryForm())


@blueprint.post("/actions/<uuid:action_id>/reporter", endpoint="carry_post")
@needs(Permission.CARRY)
def carry_post(action_id: UUID) -> BaseResponse:
    """Say what becomes of it."""
    found, form = _carry(action_id), posted(forms.CarryForm)
    if found.settled_at is None and form.version.data != str(found.rev):
        form.refuse(Outdated())
        return _carry_page(found, form)
    if form.carry_out(operations.settle_promise, actor(), found) is None:
        return _carry_page(_carry(action_id), form)
    return done(url_for("dossier.action", action_id=action_id), _("C’est noté\u202f: tous les partenaires le lisent."))


def _carry(action_id: UUID) -> Carry:
    found = queries.carry(str(action_id), actor().partner_id)
    if found is None:
        abort(404)
    demand(actor(), Permission.CARRY, found)
    return found


def _carry_page(found: Carry, form: forms.CarryForm) -> Response:
    mine = next((one for one in queries.promises(found.action_id) if one.partner.id == found.partner_id), None)
    return show(
        "structure/carry.html",
        status=form.status,
        carry=found,
        action=found.action,
        mine=mine,
        forms=FORMS,
        form=form,
    )


def _action(action_id: UUID) -> Action:
    action = actions.find(str(action_id))
    if action is None:
        abort(404)
    demand(actor(), Permission.RESTRUCTURE, action)
    return action
