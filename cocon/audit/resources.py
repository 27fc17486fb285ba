"""The words of a fiche's other resources, and of the steps of its money, where people read the log.

The log stands below the domains, so these are repeated here; a test compares them.
"""

from __future__ import annotations

from cocon.kernel.language import LazyString, _

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
GIFTS: dict[str, LazyString] = {
    "volunteering": _("bénévolat"),
    "services": _("prestations en nature"),
    "goods": _("dons en nature"),
}
STATUSES: dict[str, LazyString] = {
    "planned": _("prévu, à demander"),
    "asked": _("demandé"),
    "granted": _("accordé"),
    "paid": _("versé"),
    "refused": _("refusé"),
}
STEPS: dict[str, LazyString] = {
    "inscribed": _("inscription au contrat"),
    "credited": _("crédits inscrits"),
    "voted": _("attribution votée"),
    "contracted": _("convention signée"),
    "engaged": _("engagement"),
    "paid": _("versement"),
    "settled": _("solde"),
    "released": _("dégagement"),
    "returned": _("reversement"),
    "lapsed": _("caducité"),
    "terminated": _("résiliation de la convention"),
    "cancelled": _("annulation d’une étape"),
}
