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

LIVING = "shared open closed adopted forked"
FICHES = f"{LIVING} withdrawn merged"
ACT = "/<any(deplacer,fusionner,scinder,lier,filiation):act>"


@dataclass(frozen=True)
class Line:
    """People who may use a rule, and on what."""

    rule: str
    method: str
    people: str
    states: str = ""
    drafting: str = ""  # who gets an answer too when it is a draft
    left: str = ""  # and when it is a fiche merged while its next version was being prepared

    def lets(self, person: str, state: str) -> bool:
        """Whether that person gets an answer on what is in that state."""
        if state == "draft" and self.drafting:
            return person in self.drafting.split()
        if state == "merged" and self.left:
            return person in self.left.split()
        return person in self.people.split() and (not self.states or state in self.states.split())


def lets(rule: str, method: str, person: str, state: str) -> bool:
    """Whether one of the lines of a rule lets that person in."""
    return any(line.lets(person, state) for line in ORACLE if (line.rule, line.method) == (rule, method))


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
        for rule in (
            "/espace",
            "/actions",
            "/financement",
            "/financement/contributions",
            "/financement/comptes-rendus",
            "/enveloppes",
            "/actes",
            "/decisions",
            "/contrat",
        )
    ),
    Line("/financement/export.<any(xlsx,ods,csv,pdf):form>", "GET", MEMBERS),
    Line("/actions/<uuid:action_id>/financement/export.<any(xlsx,ods,csv):form>", "GET", MEMBERS, FICHES),
    *(
        Line("/actions/<uuid:action_id>/financement/beneficiaire", method, f"{OWN_BINDERS} secretariat", LIVING)
        for method in ("GET", "POST")
    ),
    *(
        Line(
            f"/actions/<uuid:action_id>/plan-de-financement/ressources/{below}",
            method,
            f"{OWN_BINDERS} secretariat",
            LIVING,
        )
        for below in ("nouvelle", "<uuid:resource_id>", "<uuid:resource_id>/retirer")
        for method in ("GET", "POST")
    ),
    Line("/donnees/", "GET", ALL),
    Line("/donnees/subventions.csv", "GET", ALL),
    Line("/donnees/deliberations.csv", "GET", ALL),
    Line("/donnees/subventions/rejets", "GET", MEMBERS),
    # Envelopes: everybody reads them, who binds a partner declares and moves its own
    Line("/enveloppes/<key>", "GET", MEMBERS),
    Line("/enveloppes/<key>/export.<any(xlsx,ods,csv):form>", "GET", MEMBERS),
    *(Line(f"/enveloppes/{act}", method, BINDERS) for act in ("declarer", "transfert") for method in ("GET", "POST")),
    # What an organisation tries before it promises is met by its writers alone
    *(Line("/simulations", method, WRITERS) for method in ("GET", "POST")),
    *(Line("/simulations/<uuid:simulation_id>", method, OWN_WRITERS) for method in ("GET", "POST")),
    Line("/simulations/<uuid:simulation_id>/abandonner", "POST", OWN_WRITERS),
    *(Line("/simulations/<uuid:simulation_id>/transformer", method, OWN_BINDERS) for method in ("GET", "POST")),
    Line("/partenaires", "GET", MEMBERS),
    Line("/partenaires/<key>", "GET", MEMBERS),
    Line("/actes/<uuid:act_id>", "GET", MEMBERS),
    Line("/actes/<uuid:act_id>/fichiers/<uuid:file_id>", "GET", MEMBERS),
    Line("/actions/<uuid:action_id>/financement/comptes-rendus/fichiers/<uuid:document_id>", "GET", MEMBERS, "adopted"),
    Line("/partenaires/<key>/validation", "GET", OWN_BINDERS),
    Line("/partenaires/<key>/validation", "POST", OWN_BINDERS),
    Line("/actions/<uuid:action_id>", "GET", MEMBERS, FICHES, OWN_WRITERS),  # who writes the draft is led to its form
    *(
        Line(f"/actions/<uuid:action_id>{below}", "GET", MEMBERS, FICHES)
        for below in (
            "/versions",
            "/versions/<int:number>",
            "/comparer",
            "/discussion",
            "/suggestions",
            "/financement",
            "/plan-de-financement",
            "/financement/tranches/<uuid:tranche_id>",
            "/decisions",
            "/historique",
            "/export.pdf",
            "/export.odt",
            "/pieces",
            "/pieces/<uuid:piece_id>",
        )
    ),
    Line("/decisions/<uuid:consultation_id>", "GET", MEMBERS, "open closed adopted"),
    # Proposing: a draft belongs to its organisation alone
    Line("/actions/nouvelle", "GET", WRITERS),
    Line("/actions/nouvelle", "POST", WRITERS),
    *(
        Line(f"/actions/<uuid:action_id>/modifier{below}", method, OWN_WRITERS, f"draft {LIVING}", left=OWN_WRITERS)
        for below, method in (("", "GET"), ("/<section>", "GET"), ("/<section>/presence", "POST"))
    ),
    # what was being typed when the fiche ended is shown back with the reason why it is not saved
    Line("/actions/<uuid:action_id>/modifier/<section>", "POST", OWN_WRITERS, f"draft {FICHES}"),
    Line("/actions/<uuid:action_id>/publier", "GET", OWN_WRITERS, LIVING, left=OWN_WRITERS),
    Line("/actions/<uuid:action_id>/publier", "POST", OWN_BINDERS, LIVING, left=OWN_WRITERS),
    Line("/actions/<uuid:action_id>/validation", "POST", OWN_WRITERS, "draft forked", left=OWN_WRITERS),
    Line("/actions/<uuid:action_id>/renvoyer", "POST", OWN_BINDERS, "draft forked", left=OWN_BINDERS),
    Line("/actions/semblables", "GET", WRITERS),
    Line("/actions/<uuid:action_id>/partager", "GET", OWN_WRITERS, "draft"),  # who drafts reads the answers again
    Line("/actions/<uuid:action_id>/partager", "POST", OWN_BINDERS, "draft"),
    Line("/actions/<uuid:action_id>/abandonner", "GET", OWN_WRITERS, "draft forked", left=OWN_WRITERS),
    Line("/actions/<uuid:action_id>/abandonner", "POST", OWN_WRITERS, "draft forked", left=OWN_WRITERS),
    Line("/actions/<uuid:action_id>/retirer", "GET", OWN_BINDERS, LIVING),
    Line("/actions/<uuid:action_id>/retirer", "POST", OWN_BINDERS, LIVING),
    # Commenting
    Line("/actions/<uuid:action_id>/discussion", "POST", f"{WRITERS} {OFFICE}", LIVING),
    # Suggesting: whoever may comment; the organisation that wrote the fiche answers, the author may take it back
    Line("/actions/<uuid:action_id>/suggestions/nouvelle", "GET", f"{WRITERS} {OFFICE}", LIVING),
    Line("/actions/<uuid:action_id>/suggestions/nouvelle", "POST", f"{WRITERS} {OFFICE}", LIVING),
    *(
        Line(f"/actions/<uuid:action_id>/suggestions/{below}", method, OWN_WRITERS, LIVING)
        for below, methods in (
            ("<uuid:suggestion_id>/accepter", "POST"),
            ("<uuid:suggestion_id>/modifier", "GET POST"),
            ("<uuid:suggestion_id>/refuser", "GET POST"),
        )
        for method in methods.split()
    ),
    Line("/actions/<uuid:action_id>/suggestions/appliquer", "POST", OWN_BINDERS, LIVING),
    Line(
        "/actions/<uuid:action_id>/suggestions/<uuid:suggestion_id>/retirer",
        "POST",
        "other:representative",  # who made it on the stage
        FICHES,
    ),
    Line(  # who made it sees that it stays without an answer
        "/actions/<uuid:action_id>/suggestions/<uuid:suggestion_id>/vu",
        "POST",
        "other:representative",
        "withdrawn merged",
    ),
    *(  # a message is its author's (here the Région's representative); its thread, the Région's and the secretariat's
        Line(f"/actions/<uuid:action_id>/discussion/<uuid:comment_id>/{act}", method, "own:representative", LIVING)
        for act in ("modifier", "corriger", "retirer")
        for method in ("GET", "POST")
    ),
    *(
        Line(
            f"/actions/<uuid:action_id>/discussion/<uuid:thread_id>/{act}", "POST", f"{OWN_WRITERS} secretariat", LIVING
        )
        for act in ("resoudre", "rouvrir")
    ),
    Line(  # the message calls the Ville de Grenoble: its readers cannot answer
        "/actions/<uuid:action_id>/discussion/<uuid:comment_id>/vu",
        "POST",
        f"{OTHER_BINDERS} other:contributor",
        FICHES,
    ),
    # Attaching: who may comment may attach; who attached withdraws, even from a fiche that is no longer worked on
    Line("/actions/<uuid:action_id>/pieces", "POST", f"{WRITERS} {OFFICE}", LIVING),
    Line("/actions/<uuid:action_id>/pieces/<uuid:piece_id>/retirer", "GET", f"{OWN_WRITERS} secretariat", FICHES),
    Line("/actions/<uuid:action_id>/pieces/<uuid:piece_id>/retirer", "POST", f"{OWN_WRITERS} secretariat", FICHES),
    # Money: one's own organisation's only, by who may bind it
    Line("/actions/<uuid:action_id>/financement/contributions", "POST", BINDERS, LIVING),
    Line("/actions/<uuid:action_id>/financement/totaux", "GET", BINDERS, LIVING),
    Line("/actions/<uuid:action_id>/financement/coller", "GET", BINDERS, LIVING),
    Line("/actions/<uuid:action_id>/financement/coller", "POST", BINDERS, LIVING),
    *(  # the tranche and the act of the stage are the Ville de Grenoble's
        Line(f"/actions/<uuid:action_id>/financement/tranches/<uuid:tranche_id>{below}", method, OTHER_BINDERS, LIVING)
        for below in (
            *("/retirer", "/<etape>", "/pluriannuel", "/conditions/nouvelle"),
            "/conditions/<uuid:condition_id>/lever",
        )
        for method in ("GET", "POST")
    ),
    Line("/financement/importer", "GET", BINDERS),
    Line("/financement/importer", "POST", BINDERS),
    Line("/financement/importer/modele-<any(votes,versements):what>.<any(xlsx,ods):form>", "GET", BINDERS),
    *(
        Line(f"/financement/importer/<uuid:import_id>/{below}", method, "own:representative")
        for below in ("colonnes", "verifier")
        for method in ("GET", "POST")
    ),
    *(
        Line(f"/actions/<uuid:action_id>/financement/comptes-rendus/<int:year>{below}", method, who, FICHES)
        for below, method, who in (
            ("", "GET", MEMBERS),  # its form is for who binds the funder
            ("", "POST", BINDERS),
            ("/fichier", "GET", BINDERS),
            ("/fichier", "POST", BINDERS),
        )
    ),
    Line("/actes/nouveau", "GET", BINDERS),
    Line("/actes/nouveau", "POST", BINDERS),
    Line("/actes/numerotation", "GET", BINDERS),
    Line("/actes/numerotation", "POST", BINDERS),
    *(
        Line(f"/actes/<uuid:act_id>/{below}", method, OTHER_BINDERS)
        for below in ("dates", "corriger", "fichier", "retirer")
        for method in ("GET", "POST")
    ),
    Line("/enveloppes", "POST", BINDERS),
    # Deciding
    Line("/actions/<uuid:action_id>/decisions/ouvrir", "GET", "secretariat", LIVING),
    Line("/actions/<uuid:action_id>/decisions/ouvrir", "POST", "secretariat", LIVING),
    Line("/decisions/<uuid:consultation_id>/avis", "GET", BINDERS, "open closed adopted"),
    Line("/decisions/<uuid:consultation_id>/avis", "POST", BINDERS, "open closed adopted"),
    Line("/decisions/<uuid:consultation_id>/prononcer", "GET", "secretariat", "open closed adopted"),
    Line("/decisions/<uuid:consultation_id>/prononcer", "POST", "secretariat", "open closed adopted"),
    # The views that a person keeps: the representative of the Région has one
    Line("/actions/vues", "GET", MEMBERS),
    Line("/actions/vues", "POST", MEMBERS),
    Line("/actions/vues/<uuid:view_id>", "GET", "own:representative"),
    Line("/actions/vues/<uuid:view_id>", "POST", "own:representative"),
    Line("/actions/vues/<uuid:view_id>/supprimer", "POST", "own:representative"),
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
            ("/supprimer", "POST"),
        )
    ),
    # Sharing what was imported binds the organisation
    Line("/actions/importer/<uuid:sheet_id>/fiches", "GET", "own:representative"),
    Line("/actions/importer/<uuid:sheet_id>/fiches", "POST", "own:representative"),
    # The trail. What an organisation said inside is its own: who watches over the log learns only that it was said
    Line("/audit/<int:seq>", "GET", MEMBERS, "told formal formal:file"),
    Line("/audit/<int:seq>", "GET", f"{OWN} secretariat auditor admin", "inside_own inside_own:file"),
    Line("/audit/<int:seq>", "GET", f"{OTHER} secretariat auditor admin", "inside_other inside_other:file"),
    Line("/audit/<int:seq>", "GET", "secretariat auditor admin", "installed"),
    Line("/audit/<int:seq>/recu", "GET", OTHER, "formal formal:file"),  # an act of the Ville de Grenoble
    Line("/audit", "GET", "auditor admin secretariat"),
    Line("/audit/verifier", "GET", "auditor admin secretariat"),
    Line("/audit/verifier", "POST", "auditor admin secretariat"),
    Line("/audit/exporter", "GET", "auditor secretariat"),
    Line("/audit/exporter", "POST", "auditor secretariat"),
)
