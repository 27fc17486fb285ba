"""The life of a tranche: one table of its steps, each with where it starts, what proves it and what bounds it.

Named outside the seven usual files: ``operations`` moves along it, pages and tests read it. Source of the order and of
the bounds: the règlements budgétaires quoted in the domain notes (voted is not inscribed, engaged at most voted,
ordered at most engaged).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cocon.kernel.language import LazyString, _
from cocon.policy import Permission

#: The stages reached, of the eight that lead from intention to settled: rank and word. Those of rank 0 are ends.
STAGES: dict[str, tuple[int, LazyString]] = {
    "intention": (1, _("intention")),
    "inscribed": (2, _("inscrite au contrat")),
    "credited": (3, _("crédits inscrits")),
    "voted": (4, _("attribution votée")),
    "contracted": (5, _("convention signée")),
    "engaged": (6, _("engagée")),
    "paid": (7, _("versée")),
    "settled": (8, _("soldée")),
    "withdrawn": (0, _("retirée")),
    "lapsed": (0, _("caduque")),
}

#: The amounts that a tranche keeps beside what is planned, in order; each is a column of cents.
LEVELS = ("inscribed", "credited", "voted", "contracted", "engaged", "paid")

#: What each amount is called.
LEVEL_WORDS: dict[str, LazyString] = {
    "amount": _("prévu"),
    "inscribed": _("inscrit au contrat"),
    "credited": _("crédits inscrits"),
    "voted": _("voté"),
    "contracted": _("conventionné"),
    "engaged": _("engagé"),
    "paid": _("versé"),
    "unpaid": _("engagé qui reste à verser"),
}

#: The same after « le montant », where a step is refused.
BOUND_WORDS: dict[str, LazyString] = {**LEVEL_WORDS, "credited": _("des crédits inscrits")}


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step: who takes it, the stages it starts from and leads to (None: it takes back), its proof and its bounds.

    ``who`` is what the funder's representative must be permitted, on its own money only.
    ``proof`` is ``outcome`` (the adopted fiche itself), ``act`` (one that gives money), ``convention``, ``reference``
    (a number in the funder's accounts), ``reason``, or ``termination`` (a reason, and an act if there is one). ``most``
    is the amount that the step may not exceed, ``least`` those it may not go below. ``closer`` is an amount that bounds
    in the place of ``most`` once it holds something. ``undone``: the step may bring its amount back to nothing.
    A payment adds to what was paid, ``released`` and ``returned`` take away. The stage follows the amounts (``proven``)
    until the tranche is settled or lapsed.
    """

    slug: str
    verb: LazyString
    starts: frozenset[str]
    leads: str | None
    proof: str
    most: str | None = None
    least: tuple[str, ...] = ()
    closer: str | None = None
    undone: bool = False
    typed: bool = True
    who: Permission = Permission.ADVANCE


def _from(stages: str) -> frozenset[str]:
    return frozenset(stages.split())


#: The one table: what may follow what. Going back is a step of its own, never the removal of another.
TRANSITIONS: dict[str, Step] = {
    "inscribed": Step(
        slug="inscription",
        verb=_("Inscrire au contrat"),
        starts=_from("intention inscribed credited"),
        leads="inscribed",
        proof="outcome",
        most="amount",
        least=("credited", "voted"),
    ),
    "credited": Step(
        slug="credits",
        verb=_("Indiquer les crédits inscrits au budget"),
        starts=_from("inscribed credited voted contracted engaged paid"),
        leads="credited",
        proof="act",
        most="inscribed",
        undone=True,
    ),
    "voted": Step(
        slug="vote",
        verb=_("Indiquer l’attribution votée"),
        starts=_from("inscribed credited voted contracted engaged paid"),
        leads="voted",
        proof="act",
        most="inscribed",
        least=("contracted", "engaged", "paid"),
        undone=True,
    ),
    "contracted": Step(
        slug="convention",
        verb=_("Indiquer la convention signée"),
        starts=_from("voted contracted engaged paid"),
        leads="contracted",
        proof="convention",
        most="voted",
        least=("engaged", "paid"),
    ),
    "engaged": Step(
        slug="engagement",
        verb=_("Indiquer l’engagement"),
        starts=_from("voted contracted engaged paid"),
        leads="engaged",
        proof="reference",
        most="voted",
        least=("paid",),
        closer="contracted",
    ),
    "paid": Step(
        slug="versement",
        verb=_("Indiquer un versement"),
        starts=_from("engaged paid"),
        leads="paid",
        proof="reference",
        most="engaged",
    ),
    "settled": Step(
        slug="solde",
        verb=_("Solder"),
        starts=_from("paid"),
        leads="settled",
        proof="reason",
        typed=False,
    ),
    "released": Step(
        slug="degagement",
        verb=_("Dégager une partie"),
        starts=_from("engaged paid"),
        leads=None,
        proof="reason",
        most="engaged",
    ),
    "terminated": Step(
        slug="resiliation",
        verb=_("Indiquer la résiliation de la convention"),
        starts=_from("contracted engaged paid"),
        leads=None,
        proof="termination",
        typed=False,
    ),
    "returned": Step(
        slug="reversement",
        verb=_("Indiquer un reversement"),
        starts=_from("paid settled lapsed"),
        leads=None,
        proof="reason",
        most="paid",
        who=Permission.GIVE_BACK,
    ),
    "lapsed": Step(
        slug="caducite",
        verb=_("Constater la caducité"),
        starts=_from("voted contracted engaged paid"),
        leads="lapsed",
        proof="reason",
        typed=False,
    ),
    # Says that the last step never was: ``funding.cancelling`` restores what it changed.
    "cancelled": Step(
        slug="annulation",
        verb=_("Annuler la dernière étape"),
        starts=_from("inscribed credited voted contracted engaged paid settled lapsed"),
        leads=None,
        proof="reason",
        typed=False,
    ),
}

#: The stages after which nothing is planned beyond what was paid.
ENDED = frozenset({"settled", "lapsed"})

#: The steps by the word of their address.
BY_SLUG: dict[str, str] = {step.slug: kind for kind, step in TRANSITIONS.items()}


def rank(stage: str) -> int:
    """How far a stage is; 0 for ends and for none."""
    return STAGES.get(stage, (0, ""))[0]


def named(stage: str, *, part: bool) -> tuple[int, LazyString]:
    """The rank and the word of a stage; ``part``: something engaged is not paid yet."""
    found, word = STAGES[stage]
    return found, _("versée en partie") if part and stage == "paid" else word


def proven(amounts: Mapping[str, int]) -> str:
    """The stage that amounts prove: the furthest level that holds something, whatever was reached before."""
    return next((level for level in reversed(LEVELS) if amounts[level]), "intention")
