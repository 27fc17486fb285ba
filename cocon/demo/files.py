"""A few fictional files attached during the demonstration's course."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date

from flask import current_app
from odfdo import Document, Header, Paragraph

from cocon.actions.models import Action
from cocon.files import operations
from cocon.files.inspection import examine
from cocon.files.scanning import shelf_of
from cocon.kernel.actor import Actor

LABEL = "Document fictif, fait pour la démonstration de Cocon."


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What somebody attaches, and when."""

    on: date
    fiche: str
    partner: str
    title: str
    name: str
    lines: tuple[str, ...]
    visibility: str = "partners"


PIECES = (
    Piece(
        on=date(2014, 2, 10),
        fiche="portail",
        partner="region-rhone-alpes",
        title="Cahier des charges de la refonte (fictif)",
        name="cahier-des-charges.odt",
        lines=("Moteur de recherche par territoire.", "Annuaire ouvert, mis à jour par les structures."),
    ),
    Piece(
        on=date(2014, 2, 12),
        fiche="portail",
        partner="cress-rhone-alpes",
        title="Calendrier éditorial de l’année (fictif)",
        name="calendrier-editorial.odt",
        lines=("Une lettre par mois.", "Un dossier par trimestre et par territoire."),
    ),
    Piece(
        on=date(2014, 2, 12),
        fiche="portail",
        partner="ville-grenoble",
        title="Relevé des besoins des structures grenobloises (fictif)",
        name="besoins-grenoble.odt",
        lines=("Vingt structures ont répondu.", "Attentes : visibilité des offres, agenda partagé."),
    ),
    Piece(
        on=date(2014, 2, 13),
        fiche="portail",
        partner="cg-isere",
        title="Note interne sur la participation de l’Isère (fictive)",
        name="note-interne.odt",
        lines=("À relire avant la commission.",),
        visibility="internal",
    ),
)


def attach(actor: Actor, action: Action, piece: Piece) -> None:
    """Write the file and attach it."""
    operations.attach_file(
        actor,
        action,
        title=piece.title,
        visibility=piece.visibility,
        name=piece.name,
        examined=examine(_document(piece)),
        shelf=shelf_of(current_app.extensions["cocon"]),
    )


def _document(piece: Piece) -> bytes:
    document = Document("text")
    document.body.clear()
    for part in (Header(1, piece.title), Paragraph(LABEL), *map(Paragraph, piece.lines)):
        document.body.append(part)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()
