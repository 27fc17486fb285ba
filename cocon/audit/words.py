"""How the log's words are said in French: partners with their article, roles, phases, columns, stored values.

The log stands below the domains, so their words are repeated here; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping

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

#: For partners whose name is not known from the start: the article that the first word of a name takes.
FIRST_WORDS: dict[str, str] = {
    "Collectivité": "la",
    "Communauté": "la",
    "Commune": "la",
    "Conseil": "le",
    "Département": "le",
    "Métropole": "la",
    "Parc": "le",
    "Pays": "le",
    "Syndicat": "le",
    "Ville": "la",
}

_OF = {"la": "de la ", "le": "du ", "l’": "de l’"}


def article(key: str | None, name: str) -> str:
    """``la``, ``le``, ``l’`` or nothing."""
    return ARTICLES.get(key or "", FIRST_WORDS.get(name.split(" ", maxsplit=1)[0], ""))


def the(key: str | None, name: str) -> str:
    """``la Région Rhône-Alpes``, ``l’État (…)``, ``Roannais Agglomération``."""
    found = article(key, name)
    return f"{found}{name}" if found.endswith("’") else f"{found} {name}".lstrip()


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

#: What each kind of act is called in lists.
KINDS: dict[str, LazyString] = {
    "actions.shared": _("Fiche partagée"),
    "actions.version-published": _("Version publiée"),
    "actions.withdrawn": _("Fiche retirée"),
    "contracts.envelopes-opened": _("Enveloppes ouvertes"),
    "contracts.loaded": _("Contrat enregistré"),
    "contracts.objective-added": _("Objectif ajouté"),
    "contracts.window-set": _("Période fixée"),
    "decisions.consultation-opened": _("Consultation ouverte"),
    "decisions.outcome-pronounced": _("Décision prononcée"),
    "decisions.position-changed": _("Avis changé"),
    "decisions.position-taken": _("Avis rendu"),
    "demo.started": _("Démonstration commencée"),
    "discussion.comment-posted": _("Message écrit"),
    "funding.contribution-announced": _("Contribution annoncée"),
    "funding.contribution-lowered": _("Contribution réduite"),
    "funding.contribution-raised": _("Contribution augmentée"),
    "funding.contribution-withdrawn": _("Contribution retirée"),
    "funding.envelope-declared": _("Enveloppe déclarée"),
    "imports.fiches-shared": _("Fiches importées"),
    "log.key-added": _("Clé ajoutée au journal"),
    "log.opened": _("Journal ouvert"),
    "partners.completed": _("Partenaire complété"),
    "partners.invitation-accepted": _("Invitation acceptée"),
    "partners.mandate-given": _("Mandat donné"),
    "partners.registered": _("Partenaires enregistrés"),
    "structure.action-merged": _("Fiche fusionnée"),
    "structure.action-moved": _("Fiche déplacée"),
    "structure.action-split": _("Fiche scindée"),
    "structure.actions-linked": _("Fiches liées"),
    "structure.lineage-ended": _("Filiation retirée"),
    "structure.lineage-stated": _("Filiation indiquée"),
    "structure.link-ended": _("Lien retiré"),
    "structure.promise-settled": _("Contribution à une fiche fusionnée"),
}

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
_ACTIVITIES: dict[str, LazyString] = {"proposing": _("proposer"), "discussing": _("discuter"), "deciding": _("décider")}

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
    "comment.visibility": {"partners": _("tous les partenaires"), "internal": _("mon organisation")},
    "consultation.outcome": _DECISIONS,
    "contract_window.activity": _ACTIVITIES,
    "mandate.role": _ROLES,
    "partner.status": {
        "confirmed": _("identité établie"),
        "partial": _("nom tronqué dans la source, à compléter"),
        "unknown": _("nom absent des sources, à compléter"),
    },
    "position.stance": _STANCES,
    "tranche.stage": {"intention": _("intention"), "withdrawn": _("retirée")},
    "activity": _ACTIVITIES,
    "former_stance": _STANCES,
    "outcome": _DECISIONS,
    "role": _ROLES,
    "settlement": {"carried": _("est reportée sur une autre fiche"), "left": _("n’est pas reportée")},
    "stance": _STANCES,
}

#: Amounts in cents, in rows and in facts.
CENTS = frozenset({"tranche.amount", "envelope.amount", "version_cost.amount", "amount", "former", "cost"})

#: What columns are called. A column that is not here is shown under its own name, on the page of the entry only.
COLUMNS: dict[str, LazyString] = {
    "action.decision": _("Décision"),
    "action.maturity": _("Fiche"),
    "action.progress": _("Avancement"),
    "action.title": _("Titre"),
    "action.withdrawal_reason": _("Motif du retrait"),
    "action_version.associated": _("Partenaires associés"),
    "action_version.audience": _("Public"),
    "action_version.calendar": _("Calendrier"),
    "action_version.content": _("Ce qui sera fait"),
    "action_version.context": _("Contexte"),
    "action_version.objectives": _("Objectifs"),
    "action_version.project_owner_id": _("Porteur (partenaire)"),
    "action_version.project_owner_name": _("Porteur"),
    "action_version.results": _("Résultats attendus"),
    "action_version.territory": _("Territoire"),
    "action_version.title": _("Titre"),
    "comment.text": _("Message"),
    "consultation.outcome": _("Décision"),
    "consultation.outcome_text": _("Texte de la décision"),
    "consultation.question": _("Question posée"),
    "contract_window.closes_on": _("Jusqu’au"),
    "contract_window.opens_on": _("À partir du"),
    "envelope.amount": _("Enveloppe"),
    "envelope.hard": _("Plafond à ne pas dépasser"),
    "mandate.ends_on": _("Fin du mandat"),
    "mandate.starts_on": _("Début du mandat"),
    "partner.departement": _("Département"),
    "partner.kind": _("Nature"),
    "partner.name": _("Nom"),
    "partner.siren": _("SIREN"),
    "partner.status": _("État de la fiche"),
    "person.email": _("Adresse électronique"),
    "person.name": _("Nom"),
    "position.stance": _("Avis"),
    "tranche.amount": _("Montant"),
    "tranche.stage": _("Étape"),
    "version_cost.amount": _("Coût"),
}

#: What the remaining columns are called on the page of an entry, whatever their table.
OTHER_COLUMNS: dict[str, LazyString] = {
    "action_id": _("Fiche (identifiant)"),
    "contract_id": _("Contrat (identifiant)"),
    "ended_at": _("Retiré le"),
    "ended_reason": _("Motif du retrait"),
    "former_code": _("Ancien code"),
    "from_id": _("De la fiche (identifiant)"),
    "kept_id": _("Fiche qui reste (identifiant)"),
    "kind": _("Nature"),
    "label": _("Intitulé"),
    "link_id": _("Lien (identifiant)"),
    "made_at": _("Indiqué le"),
    "replaced_at": _("Remplacé le"),
    "settled_at": _("Réglé le"),
    "source": _("Source"),
    "to_id": _("À la fiche (identifiant)"),
    "axis_id": _("Axe (identifiant)"),
    "code": _("Code"),
    "consultation_id": _("Consultation (identifiant)"),
    "contribution_id": _("Contribution (identifiant)"),
    "deadline": _("Échéance"),
    "fictional": _("Fictif"),
    "given_at": _("Rendu le"),
    "letter": _("Lettre"),
    "mandate_id": _("Mandat (identifiant)"),
    "number": _("Numéro"),
    "objective_id": _("Objectif (identifiant)"),
    "opened_at": _("Ouverte le"),
    "outcome_reason": _("Raison de la décision"),
    "partner_id": _("Partenaire"),
    "person_id": _("Personne (identifiant)"),
    "position_id": _("Avis en vigueur (identifiant)"),
    "posted_at": _("Écrit le"),
    "pronounced_at": _("Prononcée le"),
    "published_at": _("Publiée le"),
    "rank": _("Rang"),
    "reason": _("Motif"),
    "role": _("Rôle"),
    "shared_at": _("Partagée le"),
    "summary": _("Ce qui change"),
    "thread_id": _("Fil (identifiant)"),
    "title": _("Titre"),
    "version": _("Version"),
    "version_id": _("Version (identifiant)"),
    "visibility": _("Visible par"),
    "year": _("Exercice"),
}

#: What a row of each table is called.
TABLES: dict[str, LazyString] = {
    "action": _("Fiche"),
    "action_carry": _("Contribution à une fiche fusionnée"),
    "action_lineage": _("Filiation"),
    "action_link": _("Lien entre fiches"),
    "action_version": _("Version de fiche"),
    "axis": _("Axe"),
    "comment": _("Message"),
    "consultation": _("Consultation"),
    "contract": _("Contrat"),
    "contract_window": _("Période"),
    "contribution": _("Contribution"),
    "envelope": _("Enveloppe"),
    "figure": _("Chiffre publié"),
    "former_code": _("Ancien code"),
    "mandate": _("Mandat"),
    "objective": _("Objectif"),
    "partner": _("Partenaire"),
    "person": _("Personne"),
    "position": _("Avis"),
    "seat": _("Place dans une consultation"),
    "tranche": _("Tranche annuelle"),
    "version_cost": _("Coût d’une version"),
}
