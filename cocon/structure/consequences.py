"""What an act on the structure will do, and to whom, in words: read before confirming it.

Named outside the seven usual files: the check page says beforehand what the operation does, and refuses the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cocon.actions import codes
from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.actions.words import MATURITY
from cocon.audit.words import of_the, the, to_the
from cocon.funding import overruns
from cocon.funding.operations import demand_unbound
from cocon.funding.words import FORMS
from cocon.kernel import clock
from cocon.kernel.language import NBSP, LazyString, _, ngettext
from cocon.kernel.money import euros
from cocon.structure import queries, refusals
from cocon.structure.operations import MOST_PARTS

Words = list[LazyString | str]


def moving(action: Action, facts: Mapping[str, Any]) -> Words:
    """Another code, the former one kept."""
    _demand_unconsulted(action)
    if (action.axis_id, action.objective_id) == (facts["axis_id"], facts["objective_id"]):
        raise refusals.SamePlace
    place = codes.foresee(facts["axis_id"], facts["objective_id"])
    return [
        _(
            "La fiche %(old)s prend le code %(new)s, ou le suivant si une autre fiche y est partagée entre-temps.",
            old=action.code,
            new=place.code,
        ),
        _(
            "L’ancien code %(old)s mène toujours à cette fiche et n’est donné à aucune autre.",
            old=action.code,
        ),
        _("Son texte, ses versions, ses contributions, ses avis et ses échanges ne changent pas."),
        *_exceeded(action, facts["axis_id"], place.axis.number),
        _owner(action),
    ]


def _exceeded(action: Action, axis_id: str, axis: int) -> Iterator[LazyString]:
    """The ceilings of partners that the fiche would exceed under its new axis."""
    found = overruns.of_move(action.id, axis_id) if axis_id != action.axis_id else []
    for one in found:
        yield _(
            "Attention\u00a0: le plafond de %(year)s %(of_partner)s pour l’axe %(axis)s, %(ceiling)s, sera dépassé de "
            "%(over)s. %(there)s y sont déjà annoncés, et cette fiche en apporte %(brought)s.",
            year=one.year,
            of_partner="".join(of_the(one.partner.key, one.partner.current_name)),
            axis=axis,
            ceiling=euros(one.ceiling),
            over=euros(one.over),
            there=euros(one.there),
            brought=euros(one.brought),
        )
    if len({one.partner.id for one in found}) == 1:
        yield _(
            "Le déplacement reste possible. Ce partenaire ne pourra plus rien ajouter sous cet axe tant qu’il n’aura "
            "pas relevé son plafond ou réduit une contribution\u202f: prévenez-le."
        )
    elif found:
        yield _(
            "Le déplacement reste possible. Ces partenaires ne pourront plus rien ajouter sous cet axe tant qu’ils "
            "n’auront pas relevé leur plafond ou réduit une contribution\u202f: prévenez-les."
        )


def merging(action: Action, facts: Mapping[str, Any]) -> Words:
    """The duplicate ends; the partners who promised money are asked to say what becomes of it."""
    _demand_unconsulted(action)
    demand_unbound(action)
    kept = _other(action, facts["other_id"])
    return [
        _(
            "La fiche %(code)s devient «\u00a0fusionnée dans %(kept)s, %(title)s\u00a0»\u202f; "
            "c’est définitif. Sa page et son historique restent lisibles.",
            code=action.code,
            kept=kept.code,
            title=kept.title,
        ),
        _("Elle ne peut plus être modifiée, financée ni soumise à décision\u202f; personne n’y écrit plus de message."),
        _("Le texte de la fiche %(kept)s ne change pas.", kept=kept.code),
        *_without_cost(action, kept),
        *_left_behind(action, kept),
        *_unpublished(action),
        _owner(action),
    ]


def _without_cost(action: Action, kept: Action) -> Iterator[LazyString]:
    if cents := queries.cost(action):
        yield _(
            "Son coût, %(cost)s, ne compte plus dans le contrat\u202f; celui de la fiche %(kept)s reste ce que dit son "
            "texte.",
            cost=euros(cents),
            kept=kept.code,
        )


def splitting(action: Action, facts: Mapping[str, Any]) -> Words:
    """Drafts in the partner's hands, and links both ways."""
    titles: Sequence[str] = facts["titles"]
    others = [_other(action, other_id, "others") for other_id in facts["other_ids"]]
    if not titles and not others:
        raise refusals.NothingToSplit
    if len(titles) + len(others) > MOST_PARTS:
        raise refusals.TooManyParts(MOST_PARTS)
    partner = the(action.partner.key, action.partner.current_name)
    if titles and queries.receiver(action) is None:
        raise refusals.NobodyToHandOver(partner)
    receiver = to_the(action.partner.key, action.partner.current_name)
    made = [
        _("Un brouillon «\u00a0%(title)s\u00a0» est remis %(to_partner)s.", title=title, to_partner=receiver)
        for title in titles
    ]
    linked = [
        _("La fiche %(code)s, %(title)s, est dite issue de celle-ci.", code=other.code, title=other.title)
        for other in others
    ]
    return [
        *made,
        *linked,
        *([_("Ce partenaire complète les brouillons et les partage quand il veut.")] if made else []),
        _("La fiche %(code)s garde son texte, ses contributions et son état.", code=action.code),
        _("Les titres indiqués sont lus par tous les partenaires."),
    ]


def linking(action: Action, facts: Mapping[str, Any]) -> Words:
    """A « voir aussi » on both pages."""
    other = _other(action, facts["other_id"])
    return [
        _(
            "La page de la fiche %(code)s dit «\u00a0voir aussi %(other)s\u00a0», et celle de %(other)s fait de même.",
            code=action.code,
            other=other.code,
        ),
        _("Rien d’autre ne change, ni pour les partenaires, ni dans les textes."),
    ]


def descending(action: Action, facts: Mapping[str, Any]) -> Words:
    """A « fait suite à » on the page."""
    return [
        _(
            "La page de la fiche %(code)s dit qu’elle fait suite à «\u00a0%(label)s\u00a0», avec la source.",
            code=action.code,
            label=facts["label"],
        ),
        _("Rien d’autre ne change, ni pour les partenaires, ni dans les textes."),
    ]


def _left_behind(action: Action, kept: Action) -> Iterator[LazyString | str]:
    promises = queries.promises(action.id)
    if not promises:
        yield _("Aucun partenaire n’a de contribution sur la fiche %(code)s.", code=action.code)
        return
    for promise in promises:
        name = the(promise.partner.key, promise.partner.current_name)
        yield _(
            "%(partner)s\u00a0: %(lost)s ne compte plus. Cette organisation seule peut la "
            "reporter sur la fiche %(kept)s\u202f; une tâche le lui demande.",
            partner=name[:1].upper() + name[1:],
            lost=_lost(promise),
            kept=kept.code,
        )
    yield ngettext("%(num)s partenaire est concerné.", "%(num)s partenaires sont concernés.", len(promises))


def _lost(promise: queries.Promise) -> LazyString:
    """``sa contribution de 500,00 € (et à part, en nature : 300,00 €)``."""
    apart = ", ".join(f"{FORMS[form]}{NBSP}: {euros(cents)}" for form, cents in promise.apart.items())
    if not promise.amounts:
        return _("sa contribution à part (%(apart)s)", apart=apart)
    if not apart:
        return _("sa contribution de %(amount)s", amount=euros(promise.total))
    return _("sa contribution de %(amount)s (et à part, %(apart)s)", amount=euros(promise.total), apart=apart)


def _unpublished(action: Action) -> Iterator[LazyString]:
    """What becomes of a next version being prepared: whether there is one, its partner alone knows."""
    yield _(
        "Si %(partner)s prépare une nouvelle version de la fiche %(code)s, elle ne pourra plus être enregistrée ni "
        "publiée. Cette organisation seule pourra encore en lire le texte, qu’elle retrouvera dans son espace.",
        partner=the(action.partner.key, action.partner.current_name),
        code=action.code,
    )


def _owner(action: Action) -> LazyString:
    return _(
        "Tous les partenaires en seront informés dans leur espace. La fiche a été proposée par %(partner)s.",
        partner=the(action.partner.key, action.partner.name_on(action.shared_at.astimezone(clock.PARIS).date())),
    )


def _other(action: Action, other_id: str, field: str = "other") -> Action:
    if other_id == action.id:
        raise refusals.SameFiche(field=field)
    other = actions.find(other_id)
    if other is None:
        raise refusals.FicheUnknown("", field)
    if not other.alive:
        raise refusals.OtherGone(other.code, MATURITY[other.maturity], field)
    return other


def _demand_unconsulted(action: Action) -> None:
    if action.decision == "open":
        raise refusals.UnderConsultation(action.code)
