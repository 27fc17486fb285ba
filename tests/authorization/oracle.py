"""Who may, written a second time and from the contract's rules, never from ``policy.py``: the two must agree.

A line says, for a rule and a method, who gets an answer; everybody else gets what an unknown address gets. People:
``own:ROLE`` belongs to the organisation that wrote the fiche (the Région), ``other:ROLE`` to another one (the
Ville de Grenoble), the rest have one mandate only. ``STATES`` names the fiches (or consultations) for which it holds.
"""

from __future__ import annotations

from dataclasses import dataclass

OWN = "own:representative own:deputy own:contributor own:reader"
OTHER = "other:representative other:deputy other:contributor other:reader"
OFFICE = "secretariat facilitator"
WATCH = "auditor admin"
MEMBERS = f"{OWN} {OTHER} {OFFICE} {WATCH}"
NOBODY = "anonymous ended"
ALL = f"{MEMBERS} {NOBODY}"
SIGNED_IN = f"{MEMBERS} ended"
OWN_BINDERS = "own:representative own:deputy"
OTHER_BINDERS = "other:representative other:deputy"
BINDERS = f"{OWN_BINDERS} {OTHER_BINDERS}"
OWN_WRITERS = f"{OWN_BINDERS} own:contributor"
WRITERS = f"{OWN_WRITERS} {OTHER_BINDERS} other:contributor"

LIVING = "shared open closed adopted"
FICHES = f"{LIVING} withdrawn merged"
ACT = "/<any(deplacer,fusionner,scinder,lier,filiation):act>"


@dataclass(frozen=True)
class Line:
    """People who may use a rule, and on what."""

    rule: str
    method: str
    people: str
    states: str = ""


ORACLE: tuple[Line, ...] = (
    # Public pages
    *(
        Line(rule, "GET", ALL)
        for rule in (
            "/",
            "/connexion",
            "/accessibilite",
            "/mentions-legales",
            "/donnees-personnelles",
            "/plan-du-site",
            "/aide",
            "/sante",
            "/donnees/journal/checkpoint",
        )
    ),
    Line("/connexion", "POST", ALL),
    Line("/invitation/<token>", "GET", ALL),
    Line("/invitation/<token>", "POST", ALL),
    # One's own account
    Line("/deconnexion", "POST", SIGNED_IN),
    Line("/mandat", "POST", MEMBERS),  # whose mandates are over has none to wear
    Line("/compte", "GET", SIGNED_IN),
    Line("/compte/sessions", "POST", SIGNED_IN),
    # Reading the plan
    *(
        Line(rule, "GET", MEMBERS)
        for rule in ("/espace", "/actions", "/financement", "/enveloppes", "/decisions", "/contrat", "/partenaires")
    ),
    Line("/partenaires/<key>", "GET", MEMBERS),
    *(
        Line(f"/actions/<uuid:action_id>{below}", "GET", MEMBERS, FICHES)
        for below in (
            "",
            "/versions",
            "/versions/<int:number>",
            "/discussion",
            "/financement",
            "/decisions",
            "/historique",
        )
    ),
    Line("/decisions/<uuid:consultation_id>", "GET", MEMBERS, "open closed adopted"),
    # Proposing: a draft belongs to its organisation alone
    Line("/actions/nouvelle", "GET", WRITERS),
    Line("/actions/nouvelle", "POST", WRITERS),
    Line("/actions/<uuid:action_id>/modifier", "GET", OWN_WRITERS, f"draft {LIVING}"),
    Line("/actions/<uuid:action_id>/modifier", "POST", OWN_WRITERS, f"draft {LIVING}"),
    Line("/actions/<uuid:action_id>/partager", "GET", OWN_WRITERS, "draft"),  # who drafts reads the answers again
    Line("/actions/<uuid:action_id>/partager", "POST", OWN_BINDERS, "draft"),
    Line("/actions/<uuid:action_id>/abandonner", "GET", OWN_WRITERS, "draft"),
    Line("/actions/<uuid:action_id>/abandonner", "POST", OWN_WRITERS, "draft"),
    Line("/actions/<uuid:action_id>/retirer", "GET", OWN_BINDERS, LIVING),
    Line("/actions/<uuid:action_id>/retirer", "POST", OWN_BINDERS, LIVING),
    # Commenting
    Line("/actions/<uuid:action_id>/discussion", "POST", f"{WRITERS} {OFFICE}", LIVING),
    # Money: one's own organisation's only, by who may bind it
    Line("/actions/<uuid:action_id>/financement/contributions", "POST", BINDERS, LIVING),
    Line("/actions/<uuid:action_id>/financement/<int:year>/retirer", "GET", BINDERS, LIVING),
    Line("/actions/<uuid:action_id>/financement/<int:year>/retirer", "POST", BINDERS, LIVING),
    Line("/enveloppes", "POST", BINDERS),
    # Deciding
    Line("/actions/<uuid:action_id>/decisions/ouvrir", "GET", "secretariat", LIVING),
    Line("/actions/<uuid:action_id>/decisions/ouvrir", "POST", "secretariat", LIVING),
    Line("/decisions/<uuid:consultation_id>/avis", "GET", BINDERS, "open closed adopted"),
    Line("/decisions/<uuid:consultation_id>/avis", "POST", BINDERS, "open closed adopted"),
    Line("/decisions/<uuid:consultation_id>/prononcer", "GET", "secretariat", "open closed adopted"),
    Line("/decisions/<uuid:consultation_id>/prononcer", "POST", "secretariat", "open closed adopted"),
    # The contract
    Line("/contrat/objectifs", "GET", "secretariat"),
    Line("/contrat/objectifs", "POST", "secretariat"),
    Line("/contrat/periodes/<activity>", "GET", "secretariat"),
    Line("/contrat/periodes/<activity>", "POST", "secretariat"),
    Line("/partenaires/<key>/completer", "GET", "secretariat"),
    Line("/partenaires/<key>/completer", "POST", "secretariat"),
    # The structure of the plan: the secretariat's, on fiches in force
    Line("/actions/code/<code>", "GET", MEMBERS),
    *(
        Line(f"/actions/<uuid:action_id>/structure{below}", method, "secretariat", LIVING)
        for below, method in (("", "GET"), (ACT, "GET"), (ACT, "POST"))
    ),
    # A link that is taken back, from either side: the stage has one only
    Line("/actions/<uuid:action_id>/structure/liens/<uuid:link_id>/retirer", "GET", "secretariat", "shared open"),
    Line("/actions/<uuid:action_id>/structure/liens/<uuid:link_id>/retirer", "POST", "secretariat", "shared open"),
    # A promise left on a merged fiche: its partner's own, here the Ville de Grenoble
    Line("/actions/<uuid:action_id>/reporter", "GET", OTHER_BINDERS, "merged"),
    Line("/actions/<uuid:action_id>/reporter", "POST", OTHER_BINDERS, "merged"),
    # Importing: who drafts for an organisation; what was uploaded is its author's alone
    *(
        Line(f"/actions/importer{below}", method, WRITERS)
        for below, method in (("", "GET"), ("", "POST"), ("/modele.<any(xlsx,ods):form>", "GET"))
    ),
    *(
        Line(f"/actions/importer/<uuid:sheet_id>{below}", method, "own:representative")
        for below, method in (
            ("/colonnes", "GET"),
            ("/colonnes", "POST"),
            ("/verifier", "GET"),
            ("/verifier", "POST"),
        )
    ),
    # Sharing what was imported binds the organisation
    Line("/actions/importer/<uuid:sheet_id>/fiches", "GET", "own:representative"),
    Line("/actions/importer/<uuid:sheet_id>/fiches", "POST", "own:representative"),
    # The trail
    Line("/audit", "GET", "auditor admin secretariat"),
    Line("/audit/verifier", "GET", "auditor admin secretariat"),
    Line("/audit/verifier", "POST", "auditor admin secretariat"),
    Line("/audit/exporter", "GET", "auditor secretariat"),
    Line("/audit/exporter", "POST", "auditor secretariat"),
)
