"""How a task reads: a verb first, the fiche, then its context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from babel.lists import format_list

from cocon.actions.words import FIELDS
from cocon.audit.words import the
from cocon.dossier import dues
from cocon.dossier.tasks import Task
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.language import LazyString, _, ngettext
from cocon.kernel.money import euros
from cocon.web.filters import date_long, deadline, moment, since


@dataclass(frozen=True)
class Line:
    """A task as the page shows it."""

    left: str
    date: str | None
    title: LazyString | str
    context: LazyString | str | None
    endpoint: str
    args: dict[str, Any]
    act: LazyString | str
    axis: int | None
    urgent: bool
    seen: dict[str, Any] | None = None
    shown: dict[str, Any] | None = None


def line(task: Task) -> Line:
    """The words of a task."""
    title, context, act = _WORDS[task.kind](task)
    by_deadline = task.kind in ("position", "answers", "closed", "due")
    left, date = _when(task, by_deadline)
    urgent = (task.kind in ("position", "answers", "due") and left == "Demain") or task.kind == "report"
    told = (left, date, title, context, task.endpoint, task.args, act, task.axis)
    return Line(*told, urgent=urgent, seen=task.seen, shown=task.shown)


def _when(task: Task, by_deadline: bool) -> tuple[str, str | None]:
    if task.kind in ("report", "reports") and task.deadline:
        return str(_("En retard")), date_long(task.deadline.astimezone(clock.PARIS).date())
    if by_deadline and task.deadline:
        return deadline(task.deadline), moment(task.deadline)
    if task.kind == "answer":
        return str(ANSWERS[task.state]), moment(task.since) if task.since else None
    start = task.deadline if task.kind in ("pronounce", "outcome") else task.since
    if start:
        words = since(start)
        return words[:1].upper() + words[1:], moment(start)
    return str(_("Sans échéance")), None


def _fiche(task: Task) -> str:
    return f"{task.code}, {task.title}"


def _position(task: Task) -> tuple[Any, Any, Any]:
    return (
        _("Donner l’avis de votre organisation sur la fiche %(fiche)s", fiche=_fiche(task)),
        ngettext(
            "Axe %(axis)s · %(num)s partenaire sur %(total)s a répondu",
            "Axe %(axis)s · %(num)s partenaires sur %(total)s ont répondu",
            task.total - task.count,
            axis=task.axis,
            total=task.total,
        ),
        _("Lire et rendre l’avis"),
    )


def _pronounce(task: Task) -> tuple[Any, Any, Any]:
    return (
        _("Prononcer la décision sur la fiche %(fiche)s", fiche=_fiche(task)),
        _(
            "Axe %(axis)s · consultation terminée, %(answered)s avis rendus sur %(total)s",
            axis=task.axis,
            answered=task.total - task.count,
            total=task.total,
        ),
        _("Prononcer la décision"),
    )


def _outcome(task: Task) -> tuple[Any, Any, Any]:
    return (
        _("Secrétariat\u00a0: prononcer la décision sur la fiche %(fiche)s", fiche=_fiche(task)),
        _("Axe %(axis)s · consultation terminée", axis=task.axis),
        _("Voir les avis"),
    )


def _answers(task: Task) -> tuple[Any, Any, Any]:
    return (
        ngettext(
            "%(num)s partenaire\u00a0: rendre son avis sur la fiche %(fiche)s",
            "%(num)s partenaires\u00a0: rendre leur avis sur la fiche %(fiche)s",
            task.count,
            fiche=_fiche(task),
        ),
        ngettext(
            "Axe %(axis)s · %(num)s avis rendu sur %(total)s",
            "Axe %(axis)s · %(num)s avis rendus sur %(total)s",
            task.total - task.count,
            axis=task.axis,
            total=task.total,
        ),
        _("Voir les avis"),
    )


def _call(task: Task) -> tuple[Any, Any, Any]:
    author, partner = task.who
    return (
        _("Répondre à %(author)s sur la fiche %(fiche)s", author=author, fiche=_fiche(task)),
        _("Axe %(axis)s · %(partner)s attend votre réponse", axis=task.axis, partner=the(None, partner)),
        _("Lire et répondre"),
    )


def _draft(task: Task) -> tuple[Any, Any, Any]:
    title = (
        _("Reprendre le brouillon «\u00a0%(title)s\u00a0»", title=task.title)
        if task.title
        else _("Reprendre le brouillon sans titre")
    )
    return title, _draft_context(task), _("Reprendre")


def _draft_context(task: Task) -> LazyString | str:
    """Who reads a draft; when it may be shared, if the contract says so."""
    if task.period.closed:
        return _("Il ne peut pas être partagé pour l’instant. %(closed)s", closed=task.period.closed)
    if task.period.closes_on:
        return _(
            "Il n’est lu que par votre organisation\u202f; il peut être partagé jusqu’au %(day)s inclus",
            day=date_long(task.period.closes_on),
        )
    return _("Il n’est lu que par votre organisation tant qu’il n’est pas partagé")


def _closed(task: Task) -> tuple[Any, Any, Any]:
    return (
        _("Avis sur la fiche %(fiche)s\u00a0: la période pour décider n’est pas ouverte", fiche=_fiche(task)),
        _(
            "Axe %(axis)s · %(answered)s avis rendus sur %(total)s. %(closed)s",
            axis=task.axis,
            answered=task.total - task.count,
            total=task.total,
            closed=task.period.closed,
        ),
        _("Voir les avis"),
    )


def _fork(task: Task) -> tuple[Any, Any, Any]:
    return (
        _("Reprendre la nouvelle version de «\u00a0%(title)s\u00a0»", title=task.title or _("Fiche sans titre")),
        _("Elle n’est lue que par votre organisation tant qu’elle n’est pas publiée"),
        _("Reprendre"),
    )


def _validate(task: Task) -> tuple[Any, Any, Any]:
    return (
        _("Valider le texte «\u00a0%(title)s\u00a0»", title=task.title or _("Fiche sans titre")),
        _("%(name)s demande votre validation\u00a0: partager, ou renvoyer avec une note", name=task.by),
        _("Relire"),
    )


def _validation(task: Task) -> tuple[Any, Any, Any]:
    return (
        _(
            "Vos représentants\u00a0: valider le texte «\u00a0%(title)s\u00a0»",
            title=task.title or _("Fiche sans titre"),
        ),
        _("La validation est demandée, votre organisation seule le lit"),
        _("Voir"),
    )


def _settle(task: Task) -> tuple[Any, Any, Any]:
    return (
        ngettext(
            "Répondre à %(num)s suggestion sur la fiche %(fiche)s",
            "Répondre à %(num)s suggestions sur la fiche %(fiche)s",
            task.count,
            fiche=_fiche(task),
        ),
        _("Axe %(axis)s · d’autres partenaires écriraient votre texte autrement", axis=task.axis),
        _("Lire et répondre"),
    )


def _apply(task: Task) -> tuple[Any, Any, Any]:
    return (
        ngettext(
            "Appliquer %(num)s suggestion acceptée sur la fiche %(fiche)s",
            "Appliquer %(num)s suggestions acceptées sur la fiche %(fiche)s",
            task.count,
            fiche=_fiche(task),
        ),
        _("Axe %(axis)s · une seule nouvelle version les reprend toutes", axis=task.axis),
        _("Appliquer"),
    )


def _suggested(task: Task) -> tuple[Any, Any, Any]:
    return (
        ngettext(
            "Réponse à votre suggestion sur la fiche %(fiche)s",
            "Réponse à vos %(num)s suggestions sur la fiche %(fiche)s",
            task.count,
            fiche=_fiche(task),
        ),
        _("Axe %(axis)s · l’organisation qui a proposé la fiche y répond", axis=task.axis),
        _("Voir les suggestions"),
    )


#: What became of a suggestion, at a glance.
ANSWERS: dict[str, LazyString] = {
    "accepted": _("Acceptée"),
    "edited": _("Modifiée"),
    "applied": _("Appliquée"),
    "refused": _("Refusée"),
    "over": _("Sans suite"),
}
_BECAME: dict[str, LazyString] = {
    "accepted": _("est acceptée"),
    "edited": _("est modifiée puis acceptée"),
    "refused": _("est refusée"),
    "over": _("reste sans suite"),
}


def _answer(task: Task) -> tuple[Any, Any, Any]:
    became = _BECAME.get(task.state) or _("est appliquée dans la version %(n)s", n=task.count)
    return (
        _(
            "Votre suggestion sur la fiche %(fiche)s (champ «\u00a0%(field)s\u00a0») %(became)s",
            fiche=_fiche(task),
            field=FIELDS[task.name],
            became=became,
        ),
        _answer_context(task),
        _("Lire la suggestion"),
    )


def _answer_context(task: Task) -> LazyString:
    """Why, or what comes next."""
    if task.state == "refused":
        return _("Axe %(axis)s · motif\u00a0: «\u00a0%(reason)s\u00a0»", axis=task.axis, reason=task.reason)
    if task.state == "over":
        return _("Axe %(axis)s · %(gone)s", axis=task.axis, gone=_gone(task))
    if task.state == "applied":
        return _("Axe %(axis)s · le texte de la fiche en tient compte", axis=task.axis)
    return _("Axe %(axis)s · elle sera reprise dans une prochaine version de la fiche", axis=task.axis)


def _gone(task: Task) -> LazyString:
    """What became of the fiche."""
    if task.kept:
        return _("la fiche est fusionnée dans la fiche %(kept)s", kept=task.kept)
    return _("la fiche est retirée")


def _left(task: Task) -> tuple[Any, Any, Any]:
    gone = str(_gone(task))
    return (
        _(
            "Récupérer ou abandonner la nouvelle version que vous prépariez de la fiche %(fiche)s",
            fiche=_fiche(task) if task.title else task.code,
        ),
        _(
            "%(gone)s\u202f: ce texte ne peut plus être publié, votre organisation seule le lit",
            gone=gone[:1].upper() + gone[1:],
        ),
        _("Lire ce texte"),
    )


def _carry(task: Task) -> tuple[Any, Any, Any]:
    said = {"code": task.code, "kept": task.title}
    return (
        _(
            "Reporter votre contribution de %(amount)s de la fiche %(code)s sur la fiche %(kept)s",
            amount=euros(task.amount),
            **said,
        )
        if task.amount
        else _("Reporter votre contribution de la fiche %(code)s sur la fiche %(kept)s", **said),
        _("La fiche %(code)s a été fusionnée\u202f: ce que vous y aviez annoncé ne compte plus", code=task.code),
        _("Reporter"),
    )


def _envelopes(task: Task) -> tuple[Any, Any, Any]:
    years = format_list([str(year) for year in task.years], locale="fr")
    return (
        ngettext(
            "Déclarer l’enveloppe %(years)s de votre organisation",
            "Déclarer les enveloppes %(years)s de votre organisation",
            len(task.years),
            years=years,
        ),
        _("Dites aussi si c’est un plafond à ne jamais dépasser"),
        _("Déclarer"),
    )


def _submit(task: Task) -> tuple[Any, Any, Any]:
    return (
        ngettext(
            "Soumettre à décision la fiche partagée",
            "Soumettre à décision %(num)s fiches partagées",
            task.count,
        ),
        _("Aucune consultation n’a encore été ouverte sur leur texte"),
        _("Voir les fiches"),
    )


def _partners(task: Task) -> tuple[Any, Any, Any]:
    return (
        ngettext(
            "Compléter l’identité d’un partenaire signataire",
            "Compléter l’identité de %(num)s partenaires signataires",
            task.count,
        ),
        _("Les sources publiques ne donnent pas leur nom"),
        _("Compléter"),
    )


_WORDS = {
    **dues.WORDS,
    "position": _position,
    "pronounce": _pronounce,
    "outcome": _outcome,
    "answers": _answers,
    "closed": _closed,
    "answer": _answer,
    "call": _call,
    "carry": _carry,
    "draft": _draft,
    "fork": _fork,
    "left": _left,
    "validate": _validate,
    "validation": _validation,
    "settle": _settle,
    "apply": _apply,
    "suggested": _suggested,
    "envelopes": _envelopes,
    "submit": _submit,
    "partners": _partners,
}


def situation(todo: Sequence[Line]) -> LazyString | str:
    """The sentence under the title."""
    if not todo:
        return _("Rien ne vous attend.")
    said = ngettext("Une chose vous attend.", "%(num)s choses vous attendent.", len(todo))
    if todo[0].left == "Demain" and todo[0].urgent:
        return _("%(said)s La première est à faire avant demain soir.", said=said)
    return said


def nothing(actor: Actor) -> LazyString | str:
    """Why the list is empty, and what would fill it."""
    if actor.role == "auditor":
        return _("Rien ne vous est demandé\u202f: vous lisez, vérifiez et exportez quand vous le souhaitez.")
    if actor.role == "admin":
        return _("Rien ne vous est demandé\u202f: l’administration tient la machine et ne décide de rien.")
    if actor.role in ("reader", "facilitator"):
        return _("Rien ne vous est demandé avec ce mandat. Vous lisez tout ce que les partenaires partagent.")
    return _("Rien ne vous attend. Une consultation, un brouillon ou une enveloppe à déclarer apparaîtra ici.")
