"""What acts are called, who adopts which, and how each partner numbers its own."""

from __future__ import annotations

import re

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


def unusual(partner_key: str, kind: str, number: str) -> LazyString | None:
    """How the partner usually numbers, when this number is not so."""
    pattern, said = PATTERNS.get(partner_key, (None, None))
    if kind != "deliberation" or pattern is None or pattern.fullmatch(number):
        return None
    return said
