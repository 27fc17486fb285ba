"""The list of fiches as a page and as the part that a search swaps, and the views that a person saves of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions.queries import id_of
from cocon.catalogue import forms, queries, saved, wording
from cocon.catalogue.models import SavedView
from cocon.catalogue.remembered import Remembered
from cocon.catalogue.wording import Asked
from cocon.contracts.queries import outline
from cocon.kernel.language import LazyString, _, ngettext
from cocon.partners.models import Partner
from cocon.partners.queries import partners
from cocon.policy import Permission
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.htmx import wants_part
from cocon.web.pages import done, part_done, show

blueprint = Blueprint("catalogue", __name__)

PAGE, PART = "catalogue/index.html", "catalogue/_results.html"


@needs(Permission.READ)
def index() -> BaseResponse:
    """The fiches, 25 at a time; the words, the filters and the order stay in the address.

    Looking for a code leads to its fiche.
    """
    action_id = None if wants_part() else id_of(request.args.get("q", "")[:20])
    if action_id:
        return redirect(url_for("dossier.action", action_id=action_id))
    signatories = partners()
    keys = (partner.key for partner in signatories)
    asked = wording.asked(request.args, keys, outline().axes, access.actor().partner_id)
    context = _context(asked, signatories)
    if not wants_part():
        return show(PAGE, status=422 if asked.problem else 200, **context)
    answer = part_done(PART, context["heading"], "", quiet=True, **context)
    answer.status_code = 422 if asked.problem else 200
    answer.headers["HX-Push-Url"] = url_for("actions.index", **asked.query)
    return answer


#: The list keeps the name by which every page knows it.
blueprint.record(lambda state: state.app.add_url_rule("/actions", "actions.index", index, methods=["GET"]))


def _context(asked: Asked, signatories: Any) -> dict[str, Any]:
    """What the page and its part show, in two statements; one when nothing can be looked for."""
    vain = bool(asked.problem or (asked.filters.text and not asked.filters.words))
    found = queries.overview(asked.filters, access.actor(), _memory(), access.log_entries())
    after = wording.cursor(request.args, asked.sort)
    fiches = queries.listing(asked.filters, asked.sort, after) if not (asked.board or vain) else queries.Page([])
    columns = queries.board(asked.filters) if asked.board and not vain else {}
    facets, chosen = wording.facets(asked, found, signatories, outline().axes)
    total = 0 if vain else found.total
    return {
        "asked": asked,
        "vain": vain,
        "found": found,
        "facets": [] if vain else facets,
        "chosen": chosen,
        "fiches": fiches,
        "columns": columns,
        "grouped": asked.sort == "code" and not asked.filters.words,
        "heading": _heading(asked, total),
        "total": total,
        "first_url": url_for("actions.index", **asked.query) if after else None,
        "next_url": url_for("actions.index", **asked.query, **wording.following(fiches.next)) if fiches.next else None,
        "list_url": lambda query: url_for("actions.index", **query),
        "sorts": wording.SORTS,
        "group_size": queries.GROUP,
        "form": forms.ViewForm(data={"filters": asked.encoded}),
    }


def _memory() -> Remembered[queries.Overview]:
    memory: Remembered[queries.Overview] = current_app.extensions.setdefault("cocon_counts", Remembered())
    return memory


def _heading(asked: Asked, total: int) -> LazyString:
    found = ngettext("%(num)s fiche", "%(num)s fiches", total) if total else _("Aucune fiche")
    return asked.problem or found


@blueprint.get("/actions/vues", endpoint="views")
@needs(Permission.READ)
def views() -> Response:
    """My saved views, to rename or delete."""
    return _views_page(forms.ViewForm())


@blueprint.post("/actions/vues", endpoint="views_post")
@needs(Permission.READ)
def views_post() -> BaseResponse:
    """Save the filters under a name."""
    form = posted(forms.ViewForm)
    asked = _canonical(dict(parse_qsl((form.filters.data or "")[:2000])))
    form.filters.data = asked.encoded
    view = form.carry_out(saved.save, access.actor(), asked.encoded if _fits(asked) else "")
    if view is None:
        return _views_page(form)
    return done(
        url_for("actions.index", **asked.query), _("La vue «\u00a0%(name)s\u00a0» est enregistrée.", name=view.name)
    )


def _fits(asked: Asked) -> bool:
    """Whether there is something to keep, that can be kept."""
    return bool(asked.query) and asked.problem is None and len(asked.encoded) <= 1000


def _canonical(said: Mapping[str, str]) -> Asked:
    keys = (partner.key for partner in _signatories())
    return wording.asked(said, keys, outline().axes)


def _signatories() -> Any:
    found: list[Partner] = list(partners())
    return found


def _views_page(form: forms.ViewForm) -> Response:
    return show("catalogue/views.html", status=form.status, form=form, views=saved.of_person(access.actor()))


@blueprint.get("/actions/vues/<uuid:view_id>", endpoint="view")
@needs(Permission.READ)
def view(view_id: UUID) -> Response:
    """Ask for another name."""
    mine = _mine(view_id)
    return _view_page(mine, forms.ViewForm(data={"name": mine.name}))


@blueprint.post("/actions/vues/<uuid:view_id>", endpoint="view_post")
@needs(Permission.READ)
def view_post(view_id: UUID) -> BaseResponse:
    """Give one of my views another name."""
    mine, form = _mine(view_id), posted(forms.ViewForm)
    renamed = form.carry_out(saved.rename, access.actor(), mine.id)
    if renamed is None:
        return _view_page(mine, form)
    return done(url_for("catalogue.views"), _("La vue s’appelle maintenant «\u00a0%(name)s\u00a0».", name=renamed.name))


@blueprint.post("/actions/vues/<uuid:view_id>/supprimer", endpoint="drop_post")
@needs(Permission.READ)
def drop_post(view_id: UUID) -> BaseResponse:
    """Forget one of my views."""
    mine = _mine(view_id)
    saved.drop(access.actor(), mine.id)
    return done(url_for("catalogue.views"), _("La vue «\u00a0%(name)s\u00a0» est supprimée.", name=mine.name))


def _mine(view_id: UUID) -> SavedView:
    found = saved.find(access.actor(), str(view_id))
    if found is None:
        abort(404)
    return found


def _view_page(mine: SavedView, form: forms.ViewForm) -> Response:
    return show("catalogue/view.html", status=form.status, view=mine, form=form)
