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
}

#: What an indicator measures.
INDICATOR_KIND: dict[str, LazyString] = {
    "output": _("réalisation"),
    "result": _("résultat"),
    "impact": _("impact"),
}
