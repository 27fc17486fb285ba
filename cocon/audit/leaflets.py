"""``LISEZ-MOI.txt``: what a bundle or a proof shows, what it does not, and how to check it, in plain French."""

from __future__ import annotations

_LIMITS = """\
CE QUE CELA NE PROUVE PAS

- Que ce qui a été écrit était vrai\u00a0: le journal prouve qui a fait quoi, et
  dans quel ordre, pas que les personnes ont dit juste.
- L’heure exacte\u00a0: elle vient de l’horloge du serveur. L’ordre, lui, est sûr.
- Que l’exploitant n’a rien réécrit depuis le dernier point de contrôle détenu
  par un autre que lui\u00a0: celui qui possède à la fois la base de données et la
  clé de signature peut refaire la suite. Gardez donc vos reçus et les points de
  contrôle, et servez-vous-en pour vérifier.
- Ce que disaient les valeurs effacées ou non communiquées (noms, motifs, textes
  libres)\u00a0: il n’en reste qu’une empreinte, qui ne permet pas de les retrouver.
  Leur absence n’affaiblit aucune autre preuve.
"""

_CHECK = """\
POUR VÉRIFIER

Sur tout poste où le logiciel Cocon est installé, sans réseau ni base de
données\u00a0:

    cocon verify {file}
    cocon verify {file} --key CLE.txt
    cocon verify {file} --checkpoint RECU.txt

La dernière ligne affichée commence par «\u00a0ok\u00a0», ou par «\u00a0wrong\u00a0» suivi de la
première chose fausse. Après «\u00a0ok\u00a0», elle finit par l’un de ces deux mots\u00a0:

- «\u00a0coherent\u00a0»\u00a0: tout concorde, mais ce fichier apporte lui-même sa clé\u202f;
  chacun peut fabriquer un fichier cohérent avec une clé de son invention\u202f;
- «\u00a0authentic\u00a0»\u00a0: tout concorde aussi avec une clé (--key) ou un point de
  contrôle signé (--checkpoint) que vous avez obtenu autrement, par exemple le
  reçu de l’un de vos actes. Seul ce mot-là authentifie.
"""

_FICTION = """\
DÉMONSTRATION\u00a0: LES FAITS SONT FICTIFS

Ce journal est celui d’une démonstration. À partir de l’entrée n° {seq},
qui l’ouvre, les personnes, les montants, les avis et les décisions sont
inventés, et les heures sont simulées\u00a0: elles viennent d’une horloge mise à la
date du récit, et non du moment où les actes ont été enregistrés.

"""

_BUNDLE = f"""\
DOSSIER DE PREUVE DU JOURNAL

{{fiction}}Ce dossier contient le journal des actes du contrat depuis sa première
entrée, et de quoi le vérifier soi-même.

CE QU’IL CONTIENT

- entries.jsonl\u00a0: les entrées, une par ligne, dans l’ordre\u202f;
- disclosures.jsonl\u00a0: les valeurs effaçables communiquées avec ce dossier (noms,
  motifs, textes libres)\u202f;
- checkpoints/\u00a0: les points de contrôle signés\u202f; le plus récent couvre
  exactement ces entrées\u202f;
- timestamps/\u00a0: leurs jetons d’horodatage (RFC 3161), s’il y en a\u202f;
- key.txt\u00a0: la ou les clés publiques du journal\u202f;
- manifest.json et manifest.note\u00a0: la liste signée des fichiers et de leurs
  empreintes.

CE QU’IL PROUVE, UNE FOIS VÉRIFIÉ

- Depuis la signature du dernier point de contrôle, aucune entrée n’a été
  modifiée, retirée, ajoutée ni déplacée.
- Chaque changement part de l’état que le précédent a laissé\u00a0: l’histoire se
  rejoue du début à la fin, sans trou ni contradiction.
- Les valeurs communiquées sont bien celles que le journal a scellées.

{_LIMITS}
{_CHECK.format(file="DOSSIER.zip")}"""

_PROOF = f"""\
PREUVE D’UNE ENTRÉE DU JOURNAL

{{fiction}}CE QU’ELLE CONTIENT

- entry.json\u00a0: l’entrée, octet pour octet\u202f;
- entry.tlog-proof\u00a0: son numéro, le chemin d’empreintes, et le point de contrôle
  signé qui la couvre\u202f;
- disclosures.jsonl\u00a0: les valeurs effaçables de cette entrée communiquées
  avec la preuve (noms, motifs, textes libres)\u202f;
- key.txt\u00a0: la ou les clés publiques du journal.

CE QU’ELLE PROUVE, UNE FOIS VÉRIFIÉE

- Cette entrée figure, à ce numéro et dans ces termes exacts, dans le
  journal que la signature engage.
- Les valeurs communiquées sont bien celles que le journal a scellées.

Elle ne dit rien des autres entrées. Le présent texte n’est couvert par
aucune signature.

{_LIMITS}
{_CHECK.format(file="PREUVE.zip")}"""


def bundle_leaflet(demo: int | None = None) -> str:
    """What comes with a bundle; ``demo`` is the number of the entry that began a demonstration, if one did."""
    return _BUNDLE.format(fiction=_fiction(demo))


def proof_leaflet(demo: int | None = None) -> str:
    """What comes with the proof of one entry."""
    return _PROOF.format(fiction=_fiction(demo))


def _fiction(demo: int | None) -> str:
    return "" if demo is None else _FICTION.format(seq=demo)
