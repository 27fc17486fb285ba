"""What acts are called, who adopts which, and how each partner numbers its own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cocon.kernel.language import LazyString, _

#: What a contribution may be. Only ``cash`` is spent: the others are kept apart from every total of money.
FORMS: dict[str, LazyString] = {
    "cash": _("en numéraire"),
    "instrument": _("prêt, garantie ou fonds propres"),
    "in_kind": _("en nature"),
}
CASH, OPERATING = "cash", "operating"

#: What a tranche pays for; empty where nobody said it.
NATURES: dict[str, LazyString] = {
    "operating": _("fonctionnement"),
    "investment": _("investissement"),
    "": _("nature à préciser"),
}


def called(form: str, nature: str) -> str:
    """``en numéraire, investissement``."""
    return f"{FORMS[form]}, {NATURES[nature]}"


def taxes(costs: Mapping[str, int]) -> LazyString:
    """What is said where so many costs are added up: without taxes (``ht``), with them (``ttc``), neither (empty)."""
    if costs.keys() == {"ttc"}:
        return _("Les coûts sont toutes taxes comprises (TTC).")
    if costs.keys() == {"ht"}:
        return _("Les coûts sont hors taxes (HT).")
    return _(
        "Les coûts s’additionnent sans conversion. Fiches TTC\u00a0: %(ttc)s, HT\u00a0: %(ht)s, "
        "à compléter\u00a0: %(unknown)s.",
        ttc=costs.get("ttc", 0),
        ht=costs.get("ht", 0),
        unknown=costs.get("", 0),
    )


#: What a funder may ask.
CONDITIONS: dict[str, LazyString] = {
    "suspensive": _("condition suspensive"),
    "reservation": _("réserve"),
    "other": _("autre condition"),
}

#: What money bound over several years is called, by nature.
AUTHORISATIONS: dict[str, LazyString] = {
    "operating": _("autorisation d’engagement (AE)"),
    "investment": _("autorisation de programme (AP)"),
}

#: The kinds of acts, and what each is called.
KINDS: dict[str, LazyString] = {
    "deliberation": _("délibération"),
    "order": _("arrêté"),
    "decision": _("décision"),
    "convention": _("convention"),
}

#: Partners that decide by a délibération, sent to the préfet before it may be carried out (CGCT, L2131-1, L4141-1).
AUTHORITIES = frozenset(
    {
        "region",
        "departement",
        "metropole",
        "communaute_urbaine",
        "communaute_d_agglomeration",
        "communaute_de_communes",
        "commune",
        "pays_syndicat_mixte",
        "pnr_syndicat_mixte",
        "syndicat_mixte",
    }
)

#: How a partner numbers its délibérations, by its key: the pattern, and how it is said. Never more than a hint.
PATTERNS: dict[str, tuple[re.Pattern[str], LazyString]] = {
    "region-rhone-alpes": (re.compile(r"\d{2}\.\d{2}\.\d{3}"), _("année, séance, rang, par exemple 12.04.677")),
}


def giving(partner_kind: str | None) -> tuple[str, ...]:
    """The kinds of acts by which a partner of this kind gives its money; all of them while its own is unknown."""
    if partner_kind in AUTHORITIES:
        return ("deliberation", "order")
    if partner_kind == "etat":
        return ("order", "convention")
    return ("decision", "convention") if partner_kind else tuple(KINDS)


def hint(partner_key: str, example: str | None) -> LazyString | str | None:
    """How a partner numbers: by its own example, else as a source says."""
    if example:
        return _("par exemple %(number)s", number=example)
    known = PATTERNS.get(partner_key)
    return known[1] if known else None


def unusual(
    partner_key: str, kind: str, number: str, *, example: str | None = None, partner_kind: str | None = None
) -> LazyString | str | None:
    """How the partner usually numbers the acts by which it decides, when this number is not so."""
    if kind != (giving(partner_kind)[0] if example else "deliberation"):
        return None
    pattern = shape(example) if example else PATTERNS.get(partner_key, (None,))[0]
    return None if pattern is None or pattern.fullmatch(number) else hint(partner_key, example)


def shape(example: str) -> re.Pattern[str]:
    """The numbers made as this one is, part by part; of the last digits there may be fewer or more."""
    parts = re.findall(r"\d+|[^\W\d_]+|.", example)
    last = max((place for place, part in enumerate(parts) if part[0].isdigit()), default=None)
    return re.compile("".join(_part(part, free=place == last) for place, part in enumerate(parts)))


def _part(part: str, *, free: bool) -> str:
    if part[0].isdigit():
        return r"\d+" if free else rf"\d{{{len(part)}}}"
    return rf"[^\W\d_]{{{len(part)}}}" if part[0].isalpha() else re.escape(part)
