"""The French words of the states of a fiche (the one table of states), and the names of its fields."""

from __future__ import annotations

from cocon.kernel.language import LazyString, _

MATURITY: dict[str, LazyString] = {
    "shared": _("partagée"),
    "submitted": _("soumise à décision"),
    "adopted": _("inscrite"),
    "withdrawn": _("retirée"),
    "merged": _("fusionnée"),
}

DECISION: dict[str, LazyString] = {
    "none": _("aucune"),
    "open": _("en consultation"),
    "adopted": _("adoptée"),
    "adopted_with_reserve": _("adoptée sous réserve"),
    "postponed": _("ajournée"),
    "rejected": _("rejetée"),
    "withdrawn": _("retirée"),
}

PROGRESS: dict[str | None, LazyString] = {
    None: _("pas commencée"),
    "upcoming": _("à venir"),
    "running": _("en cours"),
    "done": _("achevée"),
    "paused": _("en pause"),
    "abandoned": _("abandonnée"),
}

#: What the fields of a version are called, in the order of reading.
FIELDS: dict[str, LazyString] = {
    "title": _("Titre"),
    "context": _("Contexte"),
    "objectives": _("Objectifs"),
    "content": _("Ce qui sera fait"),
    "coordination": _("Articulation avec d’autres dispositifs"),
    "audience": _("Public"),
    "territory": _("Territoire"),
    "calendar": _("Calendrier"),
    "starts": _("Début de l’action"),
    "ends": _("Fin de l’action"),
    "milestones": _("Jalons"),
    "deliverables": _("Livrables"),
    "results": _("Résultats attendus"),
    "indicators": _("Indicateurs prévus"),
    "evaluation": _("Modalités d’évaluation"),
    "risks": _("Risques"),
    "project_owner": _("Porteur"),
    "delegate": _("Maître d’ouvrage délégué"),
    "territory_codes": _("Codes géographiques"),
    "associated": _("Partenaires associés"),
    "costs": _("Coût prévisionnel"),
    "cost_basis": _("Montants HT ou TTC"),
    "eligible": _("Dépense subventionnable"),
    "charges": _("Coût par nature"),
    "state_aid": _("Aide d’État"),
    "state_aid_regime": _("Régime d’aide d’État"),
}

#: Whether amounts are without taxes or with them.
COST_BASIS: dict[str, LazyString] = {"ht": _("hors taxes (HT)"), "ttc": _("toutes taxes comprises (TTC)")}

#: What an action receives of State aid.
STATE_AID: dict[str, LazyString] = {
    "no": _("non"),
    "de_minimis": _("oui, de minimis"),
    "regime": _("oui, régime notifié ou exempté"),
}

#: Natures of charges, as the accounts of associations number them.
NATURES: dict[str, LazyString] = {
    "60": _("60 Achats"),
    "61": _("61 Services extérieurs"),
    "62": _("62 Autres services extérieurs"),
    "63": _("63 Impôts et taxes"),
    "64": _("64 Charges de personnel"),
    "65": _("65 Autres charges de gestion courante"),
    "66": _("66 Charges financières"),
    "67": _("67 Charges exceptionnelles"),
    "68": _("68 Dotations aux amortissements, provisions et engagements"),
    "86": _("86 Emplois des contributions volontaires en nature"),
}
#: The same beside the cost, where what it leaves out is said.
COST_LINES: dict[str, LazyString] = {
    **NATURES,
    "86": _("86 Emplois des contributions volontaires en nature, hors coût"),
}

#: What an indicator measures.
INDICATOR_KIND: dict[str, LazyString] = {
    "output": _("réalisation"),
    "result": _("résultat"),
    "impact": _("impact"),
}
