"""The box « Ce que vous pouvez faire » of a fiche: what is asked, what else may be done, whose acts the rest are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for

from cocon.actions.models import Action
from cocon.contracts.queries import Period
from cocon.decisions.models import Consultation
from cocon.decisions.queries import OUTCOMES, STANCES, WHO_DECIDES, name_of, seat_of
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.language import LazyString, _, ngettext
from cocon.policy import Permission, has_role, may
from cocon.structure.queries import Links
from cocon.web.filters import date_long, moment

Link = tuple[LazyString | str, str]
Fact = tuple[LazyString | str, LazyString | str | None]
#: What is asked, until when, and the act.
Asked = tuple[LazyString | str, str | None, Link | None]


@dataclass(frozen=True)
class Box:
    """The contents of the box; ``until`` is the deadline when something is due, ``decided`` the decision in force."""

    said: LazyString | str
    until: str | None
    primary: Link | None
    others: list[Link]
    rest: LazyString | str | None
    decided: list[Fact]


def box(
    actor: Actor,
    action: Action,
    consultation: Consultation | None,
    deciding: Period,
    links: Links,
    suggested: int = 0,
    *,
    begun: bool = False,
) -> Box:
    """What this actor may do with this fiche now.

    ``deciding`` is the period for giving positions; ``suggested`` changes await the fiche's owner, who has ``begun``
    its next version or not.
    """
    said, until, primary = _merged(actor, action, links) or _asked(actor, action, consultation, deciding)
    offered = (
        *_left(actor, action, begun=begun),
        *_others(actor, action, consultation),
        *_suggestions(actor, action, suggested),
        _history(action),
    )
    others = [link for link in offered if link != primary]
    decided = list(_decided(consultation)) if consultation else []
    return Box(said, until, primary, others, _rest(actor, action), decided)


def _merged(actor: Actor, action: Action, links: Links) -> Asked | None:
    """What is left to do with a fiche merged into another: its partner carries its contribution."""
    kept = links.merged_into
    if kept is None:
        return None
    if links.carry and has_role(actor, Permission.CARRY):
        link = (_("Reporter votre contribution"), url_for("structure.carry", action_id=action.id))
        said = _(
            "Reportez votre contribution de la fiche %(code)s sur la fiche %(kept)s, %(title)s.",
            code=action.code,
            kept=kept.code,
            title=kept.title,
        )
        return said, None, link
    said = _(
        "Cette fiche est fusionnée dans la fiche %(kept)s\u202f: elle se lit, mais ne se modifie plus.", kept=kept.code
    )
    return said, None, (_("Lire la fiche %(kept)s", kept=kept.code), url_for("dossier.action", action_id=kept.other_id))


def _asked(actor: Actor, action: Action, consultation: Consultation | None, deciding: Period) -> Asked:
    if not action.alive:
        return _("Cette fiche est retirée\u202f: elle se lit, mais ne se modifie plus."), None, None
    if consultation is None or consultation.pronounced_at is not None:
        return _without_consultation(actor, action)
    if may(actor, Permission.TAKE_POSITION, consultation):
        return _position(actor, consultation, deciding)
    if may(actor, Permission.PRONOUNCE, consultation) and _ready(consultation):
        link = (_("Prononcer la décision"), url_for("decisions.pronounce", consultation_id=consultation.id))
        return _("La consultation est terminée. Il reste à prononcer la décision."), None, link
    return _running(consultation, deciding)


def _running(consultation: Consultation, deciding: Period) -> Asked:
    if not consultation.open:
        return _("La consultation est terminée. Le secrétariat doit prononcer la décision."), None, None
    if deciding.closed:
        said = _(
            "Une consultation est en cours, mais aucun avis ne peut être rendu. %(closed)s", closed=deciding.closed
        )
        return said, None, None
    return _("Une consultation est en cours. Elle ferme"), moment(consultation.deadline), None


def _ready(consultation: Consultation) -> bool:
    return consultation.deadline < clock.now() or all(seat.position_id for seat in consultation.seats)


def _without_consultation(actor: Actor, action: Action) -> Asked:
    if may(actor, Permission.CONVENE, action) and action.maturity == "shared":
        link = (_("Ouvrir une consultation"), url_for("decisions.open", action_id=action.id))
        return _("Aucune consultation n’est en cours sur cette fiche."), None, link
    if may(actor, Permission.CONTRIBUTE, action):
        said = _("Rien ne vous est demandé sur cette fiche. Vous pouvez contribuer à son financement.")
        return said, None, _fund(action)
    return _("Rien ne vous est demandé sur cette fiche."), None, None


def _fund(action: Action) -> Link:
    return _("Annoncer une contribution"), url_for("funding.plan", action_id=action.id)


def _position(actor: Actor, consultation: Consultation, deciding: Period) -> Asked:
    seat = seat_of(consultation, actor.partner_id)
    given = seat.position if seat else None
    href = url_for("decisions.take_position", consultation_id=consultation.id)
    if given is not None and consultation.open and deciding.closed:
        stance = STANCES[given.stance]
        said = _("Votre organisation a rendu un avis %(stance)s. Il ne peut pas changer pour l’instant.", stance=stance)
        return _("%(said)s %(closed)s", said=said, closed=deciding.closed), None, None
    if not consultation.open or deciding.closed:
        return _running(consultation, deciding)
    last = deciding.until(consultation.deadline)
    until = moment(last)
    if given is None:
        said = _("Votre organisation n’a pas encore rendu son avis. La consultation ferme")
        if last < consultation.deadline:
            said = _("Votre organisation n’a pas encore rendu son avis. La période pour décider se termine")
        return _of_version(consultation, said), until, (_("Relire et rendre l’avis"), href)
    said = _(
        "Votre organisation a rendu un avis %(stance)s. Il peut changer jusqu’à la fermeture",
        stance=STANCES[given.stance],
    )
    return _of_version(consultation, said), until, (_("Changer l’avis"), href)


def _of_version(consultation: Consultation, said: LazyString) -> LazyString:
    """Reminds that the text asked about is no longer the one that the page shows."""
    if consultation.version == consultation.action.version:
        return said
    return _(
        "La consultation porte sur la version %(asked)s, la fiche en est à la version %(current)s. %(said)s",
        asked=consultation.version,
        current=consultation.action.version,
        said=said,
    )


def _decided(consultation: Consultation) -> Iterator[Fact]:
    """What was decided, when, in which words and why, and who had made reserves; nothing before."""
    if consultation.outcome is None or consultation.pronounced_at is None:
        return
    yield (
        _("Décision"),
        _(
            "%(outcome)s le %(day)s, sur la version %(number)s",
            outcome=OUTCOMES[consultation.outcome],
            day=date_long(consultation.pronounced_at),
            number=consultation.version,
        ),
    )
    yield _("Par écrit"), consultation.outcome_text
    yield _("Pourquoi"), consultation.outcome_reason
    reserves = [seat for seat in consultation.seats if seat.position and seat.position.stance == "reserve"]
    if reserves:
        yield _("Réserves de"), ", ".join(name_of(seat, consultation) for seat in reserves)


def _others(actor: Actor, action: Action, consultation: Consultation | None) -> Iterator[Link]:
    if may(actor, Permission.REVISE, action):
        yield _("Modifier le texte"), url_for("actions.edit", action_id=action.id)
    if may(actor, Permission.CONTRIBUTE, action):
        yield _fund(action)
    if may(actor, Permission.COMMENT, action):
        yield _("Écrire un message"), "#echanges"
    if consultation is not None:
        yield _("Lire les avis"), url_for("decisions.show", consultation_id=consultation.id)
    if may(actor, Permission.WITHDRAW, action) and action.maturity == "shared":
        yield _("Retirer la fiche"), url_for("actions.withdraw", action_id=action.id)
    if may(actor, Permission.RESTRUCTURE, action):
        yield _("Changer la structure"), url_for("structure.acts", action_id=action.id)


def _left(actor: Actor, action: Action, *, begun: bool) -> Iterator[Link]:
    """What the owner was writing when the fiche ended."""
    if begun and not action.alive and may(actor, Permission.READ_DRAFT, action):
        yield _("Lire le texte que votre organisation préparait"), url_for("actions.edit", action_id=action.id)


def _suggestions(actor: Actor, action: Action, suggested: int) -> Iterator[Link]:
    """Who may rewrite the text needs no suggestion; everybody reads those of others."""
    if may(actor, Permission.SUGGEST, action) and not may(actor, Permission.REVISE, action):
        yield _("Suggérer une modification"), url_for("suggestions.new", action_id=action.id)
    where = url_for("suggestions.index", action_id=action.id)
    if suggested and may(actor, Permission.SETTLE, action):
        yield ngettext("Répondre à %(num)s suggestion", "Répondre à %(num)s suggestions", suggested), where
    elif suggested:
        yield ngettext("Lire %(num)s suggestion en attente", "Lire %(num)s suggestions en attente", suggested), where
    else:
        yield _("Lire les suggestions"), where


def _history(action: Action) -> Link:
    return _("Lire l’historique"), url_for("audit.history", action_id=action.id)


def _rest(actor: Actor, action: Action) -> LazyString | str | None:
    if not action.alive:
        return None
    owner = action.partner.current_name
    if action.partner_id == actor.partner_id:
        return WHO_DECIDES
    return _(
        "Modifier le texte revient à l’organisation qui l’a proposé\u00a0: %(owner)s. "
        "Chaque partenaire n’annonce que ses propres crédits. %(decides)s",
        owner=owner,
        decides=WHO_DECIDES,
    )
