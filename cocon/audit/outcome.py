"""What a verification found right, as French sentences and as the figures of the verdict."""

from __future__ import annotations

from dataclasses import dataclass

from cocon.audit.held import Held
from cocon.audit.note import VerifierKey

ONLY_COHERENT = (
    "Le fichier apporte lui-même sa clé\u00a0: il est cohérent, ce qui ne prouve pas d’où il vient. Pour "
    "l’authentifier, comparez-le à une clé ou à un point de contrôle obtenus autrement (--key, --checkpoint)."
)
NOT_VOUCHED = (
    "Le point de contrôle fourni concorde, mais il ne garantit pas la clé qui a signé la suite\u00a0: le fichier n’est "
    "authentifié que jusqu’à la taille de ce point de contrôle."
)


@dataclass(frozen=True)
class Outcome:
    """A file that verifies: the tree it stands under, the key that signed it, and whether that key is vouched for."""

    size: int
    root: bytes
    key: VerifierKey
    authentic: bool
    lines: tuple[str, ...]


def counted(number: int, one: str, several: str | None = None) -> str:
    """``1 entrée``, ``12 345 entrées``: a number with its noun."""
    noun = one if number < 2 else several or f"{one}s"
    return f"{number:,} {noun}".replace(",", "\u202f")


def trust_sentence(key: VerifierKey, held: Held, *, authentic: bool) -> str:
    """How far the file can be trusted, and thanks to what."""
    if not authentic:
        return NOT_VOUCHED if held.checkpoints else ONLY_COHERENT
    means = "la clé fournie" if held.keys else "le point de contrôle fourni"
    return f"Le fichier est authentique\u00a0: {means} garantit la signature de {key.name}+{key.key_id.hex()}."


def bundle_lines(entries: int, checkpoints: int, stamps: int, disclosed: int, rows: int) -> list[tuple[int, str]]:
    """What the steps of a bundle's verification establish, each with its step."""
    stamped = [(5, stamp_line(stamps))] if stamps else []
    return [
        (1, "Les fichiers sont ceux du manifeste, octet pour octet."),
        (2, f"Journal de {counted(entries, 'entrée')}\u00a0: toutes sont complètes et sous leur forme canonique."),
        (3, "Les numéros se suivent sans trou et l’heure ne recule jamais."),
        (4, f"L’arbre des empreintes conduit à la racine de chaque point de contrôle ({checkpoints})."),
        (5, "Les signatures sont justes et le journal annonce les clés qui signent."),
        *stamped,
        (6, f"Valeurs communiquées conformes à leur empreinte\u00a0: {disclosed}."),
        (7, f"Le journal se rejoue sans contradiction et laisse {counted(rows, 'ligne')} de données."),
    ]


def stamp_line(stamps: int) -> str:
    """What was checked of the time-stamps, and what was not."""
    return (
        f"{counted(stamps, 'jeton')} d’horodatage\u00a0: l’empreinte est celle du point de contrôle\u202f; la "
        "signature de l’autorité se vérifie à part, avec son certificat (openssl ts -verify)."
    )


def proof_lines(seq: int, size: int, disclosed: int) -> list[str]:
    """What a proof of one entry establishes."""
    return [
        f"L’entrée n°\u00a0{seq} est complète et sous sa forme canonique.",
        f"Elle figure à cette place parmi les {counted(size, 'entrée')} que couvre le point de contrôle.",
        "La signature du point de contrôle est juste.",
        f"Valeurs communiquées conformes à leur empreinte\u00a0: {disclosed}.",
        "Le texte LISEZ-MOI et les vérificateurs joints, s’il y en a, ne sont couverts par aucune signature.",
    ]
