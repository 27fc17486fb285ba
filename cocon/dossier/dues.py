"""How the tasks of money read: reports that are late, contributions that wait for a step.

Named outside the seven usual files: beside ``wording``, which says all the others.
"""

from __future__ import annotations

from typing import Any

from cocon.dossier.tasks import Task
from cocon.kernel.language import LazyString, _, ngettext


def _report(task: Task) -> tuple[Any, Any, Any]:
    return (
        ngettext(
            "Transmettre un compte rendu financier à l’organisation qui a versé la subvention",
            "Transmettre %(num)s comptes rendus financiers aux organisations qui ont versé les subventions",
            task.count,
        ),
        _late(task),
        _("Voir les comptes rendus"),
    )


def _due(task: Task) -> tuple[Any, Any, Any]:
    title, _late_since, act = _report(task)
    return title, _("À rendre dans les six mois qui suivent l’exercice, le 30 juin au plus tard"), act


def _reports(task: Task) -> tuple[Any, Any, Any]:
    return (
        ngettext(
            "%(num)s compte rendu financier dû à votre organisation",
            "%(num)s comptes rendus financiers dus à votre organisation",
            task.count,
        ),
        _late(task),
        _("Voir les comptes rendus"),
    )


def _late(task: Task) -> LazyString:
    return ngettext(
        "Le plus ancien est en retard d’un jour", "Le plus ancien est en retard de %(num)s jours", task.total
    )


def _inscription(task: Task) -> tuple[Any, Any, Any]:
    return (
        ngettext(
            "Inscrire au contrat une contribution de votre organisation",
            "Inscrire au contrat %(num)s contributions de votre organisation",
            task.count,
        ),
        ngettext("La fiche est adoptée", "Les fiches sont adoptées", task.count),
        _("Voir les contributions"),
    )


def _vote(task: Task) -> tuple[Any, Any, Any]:
    return (
        ngettext(
            "Indiquer l’acte qui attribue une contribution inscrite au contrat",
            "Indiquer les actes qui attribuent %(num)s contributions inscrites au contrat",
            task.count,
        ),
        ngettext(
            "Aucune attribution n’est encore votée pour celle-ci",
            "Aucune attribution n’est encore votée pour celles-ci",
            task.count,
        ),
        _("Voir les contributions"),
    )


def _signature(task: Task) -> tuple[Any, Any, Any]:
    return (
        ngettext(
            "Indiquer la convention signée pour une contribution votée",
            "Indiquer les conventions signées pour %(num)s contributions votées",
            task.count,
        ),
        _("Plus de 23 000 € : une convention est obligatoire avec un organisme de droit privé"),
        _("Voir les contributions"),
    )


WORDS = {
    "report": _report,
    "due": _due,
    "reports": _reports,
    "inscription": _inscription,
    "vote": _vote,
    "signature": _signature,
}
