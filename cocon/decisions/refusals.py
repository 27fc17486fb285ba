"""Why an act about decisions is refused."""

from __future__ import annotations

from datetime import datetime

from cocon.kernel import clock
from cocon.kernel.language import NBSP, _, ngettext
from cocon.kernel.refusal import Refusal


def _when(instant: datetime) -> str:
    """``04/03/2015 à 23 h 59``, in Paris."""
    local = instant.astimezone(clock.PARIS)
    return f"{local:%d/%m/%Y} à {local:%-H}{NBSP}h{NBSP}{local:%M}"


class UnknownVersion(Refusal):
    """The fiche has no text of that number."""

    field = "of_version"
    sentence = _("Cette version de la fiche n’existe pas\u202f: choisissez l’une des versions publiées.")


class DeadlinePassed(Refusal):
    """A consultation ends in the future."""

    field = "deadline"
    sentence = _("Choisissez une date limite qui n’est pas déjà passée.")


class DeadlineTooFar(Refusal):
    """A consultation lasts two years at the most."""

    field = "deadline"
    sentence = _("Choisissez une date limite dans les deux ans qui viennent\u202f: vérifiez l’année saisie.")


class AlreadyConsulted(Refusal):
    """One consultation at a time on a fiche."""

    def __init__(self, number: str) -> None:
        super().__init__(
            _(
                "La consultation %(number)s est déjà ouverte sur cette fiche\u202f: prononcez d’abord sa décision.",
                number=number,
            )
        )


class StanceNeeded(Refusal):
    """None of the four positions was chosen."""

    field = "stance"
    sentence = _("Choisissez l’avis de votre organisation.")


class ReserveNeeded(Refusal):
    """A reserve says what must be lifted."""

    field = "reason"
    sentence = _("Écrivez la réserve\u202f: elle est exigée avec un avis favorable avec réserves.")


class ObjectionNeeded(Refusal):
    """An unfavourable position says why."""

    field = "reason"
    sentence = _("Écrivez pourquoi\u202f: le motif est exigé avec un avis défavorable.")


class NothingChanges(Refusal):
    """The position is the one already given."""

    field = "stance"
    sentence = _("Cet avis est déjà celui de votre organisation, avec les mêmes mots.")


class ConsultationClosed(Refusal):
    """Positions are no longer taken."""

    def __init__(self, since: datetime) -> None:
        super().__init__(
            _("La consultation est close depuis le %(moment)s\u202f: les avis ne changent plus.", moment=_when(since))
        )


class StillOpen(Refusal):
    """Positions may still arrive."""

    def __init__(self, until: datetime, silent: int) -> None:
        super().__init__(
            ngettext(
                "La consultation est ouverte jusqu’au %(moment)s et un partenaire n’a pas répondu\u202f: "
                "la décision se prononce quand ce moment est passé ou quand tous ont répondu.",
                "La consultation est ouverte jusqu’au %(moment)s et %(num)s partenaires n’ont pas répondu\u202f: "
                "la décision se prononce quand ce moment est passé ou quand tous ont répondu.",
                silent,
                moment=_when(until),
            )
        )


class AlreadyPronounced(Refusal):
    """An outcome is pronounced once."""

    def __init__(self, since: datetime) -> None:
        super().__init__(
            _("La décision a déjà été prononcée, le %(moment)s\u202f: elle ne change plus.", moment=_when(since))
        )


class OutcomeNeeded(Refusal):
    """None of the outcomes was chosen."""

    field = "outcome"
    sentence = _("Choisissez la décision\u202f: elle ne se déduit pas du nombre des avis.")


class TextNeeded(Refusal):
    """The decision is in writing."""

    field = "text"
    sentence = _("Écrivez la décision, en une phrase au moins.")


class ReasonNeeded(Refusal):
    """The decision says why."""

    field = "reason"
    sentence = _("Écrivez pourquoi cette décision est prise.")
