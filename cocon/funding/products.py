"""What a fiche receives, as the accounts of associations number it, and from which kind of body.

Named outside the seven usual files: ``words`` names acts and contributions. Source of the accounts and of the kinds of
bodies under 74: the budget of the Cerfa form 12156; 77 answers 67, as in the accounts of associations.
"""

from __future__ import annotations

from cocon.kernel.language import LazyString, _

OWN, SUBSIDY, IN_KIND, REFUSED = "own", "74", "87", "refused"

#: The accounts, in the order of the budget.
ACCOUNTS: dict[str, LazyString] = {
    "70": _("70 Ventes de produits et de services"),
    "74": _("74 Subventions"),
    "75": _("75 Autres produits de gestion courante"),
    "76": _("76 Produits financiers"),
    "77": _("77 Produits exceptionnels"),
    "78": _("78 Reprises sur amortissements et provisions"),
    "own": _("Fonds propres du porteur"),
    "87": _("87 Contributions volontaires en nature"),
}
#: Those that are money; 87 is balanced against 86 alone.
MONEY = tuple(account for account in ACCOUNTS if account != IN_KIND)

#: The kinds of bodies that give, in the order of the budget.
BODIES: dict[str, LazyString] = {
    "state": _("État, hors contrat"),
    "region": _("Région"),
    "departement": _("Département"),
    "intercommunality": _("Intercommunalité"),
    "commune": _("Commune"),
    "social": _("Organismes sociaux"),
    "europe": _("Fonds européens"),
    "asp": _("ASP, emplois aidés"),
    "public": _("Autres établissements publics"),
    "private": _("Aides privées"),
}
#: How they are called where signatories stand among them; the last is that of a signatory whose kind nobody gave.
HEADINGS: dict[str, LazyString] = {**BODIES, "state": _("État"), "": _("Nature de l’organisme à compléter")}

#: Whose money is a public aid: « les subventions de l’État et de ses établissements publics », the aids of the
#: European Community, those of local authorities and of their groupings (décret 99-1060, article 10).
PUBLIC = frozenset({"state", "region", "departement", "intercommunality", "commune", "europe", "asp", "public"})

#: Under which kind of body the contribution of a signatory falls, by the kind of the partner.
OF_PARTNERS = {
    "etat": "state",
    "region": "region",
    "departement": "departement",
    "commune": "commune",
    **dict.fromkeys(
        (
            *("metropole", "communaute_urbaine", "communaute_d_agglomeration", "communaute_de_communes"),
            *("pays_syndicat_mixte", "pnr_syndicat_mixte", "syndicat_mixte"),
        ),
        "intercommunality",
    ),
    "etablissement_public_national": "public",
    "association": "private",
}

#: What is given in kind.
GIFTS: dict[str, LazyString] = {
    "volunteering": _("bénévolat"),
    "services": _("prestations en nature"),
    "goods": _("dons en nature"),
}

#: How far a resource has come, as the project owner or the secretariat says it.
STATUSES: dict[str, LazyString] = {
    "planned": _("prévu, à demander"),
    "asked": _("demandé"),
    "granted": _("accordé"),
    "paid": _("versé"),
    "refused": _("refusé"),
}
#: Those that are certain.
CERTAIN = frozenset({"granted", "paid"})


def standing(status: str, account: str) -> LazyString:
    """How far a resource has come: what nobody gives, as sales or volunteers' work, is not asked for."""
    return _("prévu") if status == "planned" and account != SUBSIDY else STATUSES[status]


def named(account: str, body: str = "", gift: str = "") -> str:
    """``74 Subventions, Fonds européens``."""
    words = [ACCOUNTS[account], *([BODIES[body]] if body else []), *([GIFTS[gift]] if gift else [])]
    return ", ".join(map(str, words))


def body_of(partner_kind: str | None) -> str:
    """The kind of body that a signatory is; empty while its own kind is unknown."""
    return OF_PARTNERS.get(partner_kind or "", "")
