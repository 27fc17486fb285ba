"""How the log's words are said in French: partners with their article, roles, phases, columns, stored values.

The log stands below the domains, so their words are repeated here; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping

from cocon.audit import resources
from cocon.kernel.language import LazyString, _

VOWELS = "aàâeéèêëiîïoôuùûy"

#: The article of each partner, by its key: it follows the name through its changes.
ARTICLES: dict[str, str] = {
    "region-rhone-alpes": "la",
    "etat-prefecture-region": "l’",
    "cress-rhone-alpes": "la",
    "caisse-des-depots": "la",
    "cg-ardeche": "le",
    "pays-ardeche-meridionale": "le",
    "cc-val-de-drome": "la",
    "saint-etienne-metropole": "",
    "roannais-agglomeration": "",
    "pnr-pilat": "le",
    "grenoble-alpes-metropole": "",
    "cg-isere": "le",
    "ville-grenoble": "la",
    "pays-voironnais": "le",
    "pays-sud-gresivaudan": "le",
}

#: For partners whose name is not known from the start, or whose key is not: the article that the first word takes.
FIRST_WORDS: dict[str, str] = {
    "Caisse": "la",
    "Chambre": "la",
    "Collectivité": "la",
    "Communauté": "la",
    "Commune": "la",
    "Conseil": "le",
    "Département": "le",
    "Métropole": "la",
    "Parc": "le",
    "Pays": "le",
    "Région": "la",
    "Syndicat": "le",
    "État": "l’",
    "Ville": "la",
}

_TO = {"le": "au "}
_OF = {"la": "de la ", "le": "du ", "l’": "de l’"}


def article(key: str | None, name: str) -> str:
    """``la``, ``le``, ``l’`` or nothing."""
    return ARTICLES.get(key or "", FIRST_WORDS.get(name.split(" ", maxsplit=1)[0], ""))


def the(key: str | None, name: str) -> str:
    """``la Région Rhône-Alpes``, ``l’État (…)``, ``Roannais Agglomération``."""
    found = article(key, name)
    return f"{found}{name}" if found.endswith("’") else f"{found} {name}".lstrip()


def to_the(key: str | None, name: str) -> str:
    """``à la Région Rhône-Alpes``, ``à l’État (…)``, ``au Pays voironnais``, ``à Roannais Agglomération``."""
    found = article(key, name)
    return f"{_TO[found]}{name}" if found in _TO else f"à {the(key, name)}"


def of_the(key: str | None, name: str) -> tuple[str, str]:
    """What follows « au nom »: ``("de la ", "Région Rhône-Alpes")``, ``("du ", "Conseil général…")``."""
    found = article(key, name)
    return (_OF[found], name) if found else (of(name), name)


def of(word: str) -> str:
    """``de`` or ``d’`` before a word."""
    return "d’" if word[:1].lower() in VOWELS else "de "


#: In which capacity somebody acts.
CAPACITIES: dict[str, LazyString] = {
    "representative": _("représentant"),
    "deputy": _("suppléant"),
    "contributor": _("contributeur"),
    "reader": _("lecteur"),
    "secretariat": _("pour le secrétariat"),
    "facilitator": _("pour l’animation"),
    "auditor": _("auditeur"),
    "admin": _("pour l’administration"),
}

#: The headings of a fiche's history, in order.
PHASES: dict[str, LazyString] = {
    "proposal": _("Proposition"),
    "discussion": _("Échanges"),
    "funding": _("Financement"),
    "decision": _("Décision"),
    "life": _("Vie de la fiche"),
}

#: The acts that publish a version of a text.
VERSIONING = ("actions.shared", "actions.version-published")

#: The act that shares many fiches at once: each has its own entry just before.
IMPORTING = "imports.fiches-shared"

#: The act that decides of a fiche.
DECIDING = "decisions.outcome-pronounced"

_ROLES: dict[str, LazyString] = {**CAPACITIES, "secretariat": _("secrétariat")} | {
    "facilitator": _("animation"),
    "admin": _("administration"),
}
_STANCES: dict[str, LazyString] = {
    "favorable": _("favorable"),
    "reserve": _("favorable avec réserves"),
    "unfavorable": _("défavorable"),
    "abstention": _("abstention"),
}
_DECISIONS: dict[str, LazyString] = {
    "none": _("aucune"),
    "open": _("en consultation"),
    "adopted": _("adoptée"),
    "adopted_with_reserve": _("adoptée sous réserve"),
    "postponed": _("ajournée"),
    "rejected": _("rejetée"),
    "withdrawn": _("retirée"),
}
FORMS: dict[str, LazyString] = {
    "cash": _("en numéraire"),
    "instrument": _("prêt, garantie ou fonds propres"),
    "in_kind": _("en nature"),
}
NATURES: dict[str, LazyString] = {
    "operating": _("fonctionnement"),
    "investment": _("investissement"),
    "": _("nature à préciser"),
}
_STAGES: dict[str, LazyString] = {
    "intention": _("intention"),
    "inscribed": _("inscrite au contrat"),
    "credited": _("crédits inscrits"),
    "voted": _("attribution votée"),
    "contracted": _("convention signée"),
    "engaged": _("engagée"),
    "paid": _("versée"),
    "settled": _("soldée"),
    "withdrawn": _("retirée"),
    "lapsed": _("caduque"),
}

#: The kinds of legal acts.
ACTS: dict[str, LazyString] = {
    "deliberation": _("délibération"),
    "order": _("arrêté"),
    "decision": _("décision"),
    "convention": _("convention"),
}
_LEGAL: dict[str, LazyString] = {
    "deliberation": _("la délibération n°\u00a0%(number)s du %(day)s"),
    "order": _("l’arrêté n°\u00a0%(number)s du %(day)s"),
    "decision": _("la décision n°\u00a0%(number)s du %(day)s"),
    "convention": _("la convention n°\u00a0%(number)s du %(day)s"),
}


def line(form: str, nature: str) -> str:
    """What a contribution is, in brackets after its amount: ``(prêt, garantie ou fonds propres, investissement)``."""
    said = [str(FORMS[form])] if form != "cash" and form in FORMS else []
    said += [str(NATURES[nature])] if nature and nature in NATURES else []
    return f" ({', '.join(said)})" if said else ""


def legal(kind: str, number: str, day: str) -> str:
    """An act with its article: ``la délibération n° 14.02.077 du 13 février 2014``; ``day`` is in words."""
    known = _LEGAL.get(kind)
    return str(known) % {"number": number, "day": day} if known else f"{kind} n°\u00a0{number}, {day}"


_CONDITIONS: dict[str, LazyString] = {
    "suspensive": _("condition suspensive"),
    "reservation": _("réserve"),
    "other": _("autre condition"),
}

_ACTIVITIES: dict[str, LazyString] = {"proposing": _("proposer"), "discussing": _("discuter"), "deciding": _("décider")}

_FIELDS: dict[str, LazyString] = {
    "title": _("Titre"),
    "context": _("Contexte"),
    "objectives": _("Objectifs"),
    "content": _("Ce qui sera fait"),
    "coordination": _("Articulation avec d’autres dispositifs"),
    "audience": _("Public"),
    "territory": _("Territoire"),
    "calendar": _("Calendrier"),
    "deliverables": _("Livrables"),
    "results": _("Résultats attendus"),
    "evaluation": _("Modalités d’évaluation"),
    "risks": _("Risques"),
    "project_owner": _("Porteur"),
    "delegate": _("Maître d’ouvrage délégué"),
    "territory_codes": _("Codes géographiques"),
    "starts": _("Début de l’action"),
    "ends": _("Fin de l’action"),
}

#: Words of stored values: by ``table.column`` for rows, by name for the facts of an act.
VALUES: dict[str, Mapping[str, LazyString]] = {
    "action.maturity": {
        "shared": _("partagée"),
        "submitted": _("soumise à décision"),
        "adopted": _("inscrite"),
        "withdrawn": _("retirée"),
        "merged": _("fusionnée"),
    },
    "action.decision": _DECISIONS,
    "action.progress": {
        "upcoming": _("à venir"),
        "running": _("en cours"),
        "done": _("achevée"),
        "paused": _("en pause"),
        "abandoned": _("abandonnée"),
    },
    "action_link.kind": {
        "related": _("voir aussi"),
        "merged": _("fusionnée dans"),
        "split": _("scindée en"),
    },
    "action_carry.settlement": {"carried": _("reportée"), "left": _("non reportée")},
    "attachment.format": {
        "pdf": _("PDF"),
        "odt": _("texte ODT"),
        "ods": _("tableur ODS"),
        "docx": _("texte DOCX"),
        "xlsx": _("tableur XLSX"),
        "png": _("image PNG"),
        "jpeg": _("image JPEG"),
    },
    "attachment.state": {
        "unscanned": _("non contrôlée"),
        "quarantine": _("en quarantaine"),
        "clean": _("saine"),
        "refused": _("refusée"),
    },
    "attachment.visibility": {"partners": _("tous les partenaires"), "internal": _("mon organisation")},
    "comment.visibility": {"partners": _("tous les partenaires"), "internal": _("mon organisation")},
    "comment_act.kind": {
        "edited": _("modification"),
        "corrected": _("correction"),
        "withdrawn": _("retrait"),
    },
    "consultation.outcome": _DECISIONS,
    "contract_window.activity": _ACTIVITIES,
    "contribution.form": FORMS,
    "figure.unit": {"EUR": _("euros")},
    "mandate.role": _ROLES,
    "partner.college": {"regional": _("partenaire régional"), "territorial": _("partenaire territorial")},
    "partner.departement": {
        "01": _("Ain (01)"),
        "07": _("Ardèche (07)"),
        "26": _("Drôme (26)"),
        "38": _("Isère (38)"),
        "42": _("Loire (42)"),
        "69": _("Rhône (69)"),
        "73": _("Savoie (73)"),
        "74": _("Haute-Savoie (74)"),
    },
    "partner.kind": {
        "etat": _("État"),
        "region": _("région"),
        "departement": _("département"),
        "metropole": _("métropole"),
        "communaute_urbaine": _("communauté urbaine"),
        "communaute_d_agglomeration": _("communauté d’agglomération"),
        "communaute_de_communes": _("communauté de communes"),
        "commune": _("commune"),
        "pays_syndicat_mixte": _("pays (syndicat mixte)"),
        "pnr_syndicat_mixte": _("parc naturel régional (syndicat mixte)"),
        "syndicat_mixte": _("syndicat mixte"),
        "etablissement_public_national": _("établissement public national"),
        "association": _("association"),
    },
    "partner.status": {
        "confirmed": _("identité établie"),
        "partial": _("nom tronqué dans la source, à compléter"),
        "unknown": _("nom absent des sources, à compléter"),
    },
    "position.stance": _STANCES,
    "action_version.cost_basis": {"ht": _("hors taxes (HT)"), "ttc": _("toutes taxes comprises (TTC)")},
    "action_version.state_aid": {
        "no": _("non"),
        "de_minimis": _("oui, de minimis"),
        "regime": _("oui, régime notifié ou exempté"),
    },
    "suggestion.field": _FIELDS,
    "suggestion.state": {
        "open": _("en attente"),
        "accepted": _("acceptée, à appliquer"),
        "applied": _("appliquée"),
        "refused": _("refusée"),
        "withdrawn": _("retirée"),
    },
    "thread.section": {
        "context": _("Contexte"),
        "objectives": _("Objectifs"),
        "content": _("Ce qui sera fait"),
        "coordination": _("Articulation avec d’autres dispositifs"),
        "audience": _("Public"),
        "territory": _("Territoire"),
        "calendar": _("Calendrier"),
        "deliverables": _("Livrables"),
        "results": _("Résultats attendus"),
        "evaluation": _("Modalités d’évaluation"),
        "risks": _("Risques"),
        "project_owner": _("Porteur"),
        "costs": _("Coût prévisionnel"),
        "funding": _("Financement"),
    },
    "act.kind": ACTS,
    "step.kind": resources.STEPS,
    "resource.account": resources.ACCOUNTS,
    "resource.body": resources.BODIES,
    "resource.gift": resources.GIFTS,
    "resource.nature": NATURES,
    "resource.status": resources.STATUSES,
    "authorisation.nature": NATURES,
    "authorisation.regime": {"multi": _("sur plusieurs années"), "annual": _("annuel")},
    "condition.kind": _CONDITIONS,
    "financial_report.kind": {
        "received": _("reçu"),
        "waived": _("dispense"),
        "reopened": _("de nouveau attendu"),
    },
    "tranche.nature": NATURES,
    "tranche.stage": _STAGES,
    "version_charge.nature": {
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
    },
    "version_indicator.kind": {"output": _("réalisation"), "result": _("résultat"), "impact": _("impact")},
    "account": resources.ACCOUNTS,
    "activity": _ACTIVITIES,
    "condition": _CONDITIONS,
    "field": _FIELDS,
    "form": FORMS,
    "nature": NATURES,
    "former_stance": _STANCES,
    "outcome": _DECISIONS,
    "role": _ROLES,
    "settlement": {"carried": _("est reportée sur une autre fiche"), "left": _("n’est pas reportée")},
    "stance": _STANCES,
    "status": resources.STATUSES,
    "undone": resources.STEPS,
}

#: What a message says.
MESSAGES = frozenset({"comment.text", "comment_act.text"})
#: Amounts in cents, in rows and in facts.
CENTS = frozenset(
    {
        *("amount", "former", "total", "cost"),
        *(f"tranche.{level}" for level in ("inscribed", "credited", "voted", "contracted", "engaged", "paid")),
        *("tranche.amount", "envelope.amount", "step.amount", "resource.amount"),
        *("authorisation.amount", "authorisation_year.amount", "envelope_version.amount", "envelope_version.former"),
        *("version_cost.amount", "version_cost.eligible", "version_charge.amount"),
    }
)

#: Quantities in hundredths, alone or by year.
HUNDREDTHS = frozenset({"version_indicator.baseline", "version_indicator.targets"})

#: Rows that stand in a version as one line each: the columns that make the line, in the order of reading.
LINES: dict[str, tuple[str, ...]] = {
    "version_milestone": ("due", "title"),
    "version_indicator": ("code", "label", "kind", "unit", "baseline", "baseline_year", "targets", "source"),
}
