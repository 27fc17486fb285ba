"""Verifying the proof of one entry: it is well formed, and stands at its place under a signed checkpoint."""

from __future__ import annotations

from typing import Any

from cocon.audit import note
from cocon.audit.archive import Archive
from cocon.audit.canonical import NotCanonical, decode
from cocon.audit.claims import COMPLETE, check_claims, claim, read_line
from cocon.audit.held import Held, Signed, parse_keys, parse_signed
from cocon.audit.manifest import DISCLOSURES, ENTRY, KEYS, PROOF, check_proof_names
from cocon.audit.note import BadNote, TlogProof, VerifierKey
from cocon.audit.outcome import Outcome, proof_lines, trust_sentence
from cocon.audit.shape import Wrong, check_entry
from cocon.audit.tree import leaf_hash, verify_inclusion

TREE, MATCHING = 4, 6


def check_proof(archive: Archive, held: Held) -> Outcome:
    """Verify a proof against itself and what is held from elsewhere; raises Wrong."""
    check_proof_names(archive.names)
    data = archive.read(ENTRY)
    entry, claims = _complete(data), _disclosures(archive)
    proof = _proof(archive)
    checkpoint = parse_signed(PROOF, proof.checkpoint, TREE)
    _check_place(data, entry["seq"], proof, checkpoint)
    _check_forks(checkpoint, held)
    signers, vouched = _vouched(archive, checkpoint, held)
    _check_disclosures(entry, claims)
    authentic = not vouched.isdisjoint(signers) or any(one.head == checkpoint.head for one in held.checkpoints)
    key = min(signers, key=lambda key: (key not in vouched, key.vkey))
    lines = proof_lines(entry["seq"], checkpoint.head.size, len(claims))
    lines.append(trust_sentence(key, held, authentic=authentic))
    return Outcome(checkpoint.head.size, checkpoint.head.root, key, authentic, tuple(lines))


def _complete(data: bytes) -> dict[str, Any]:
    try:
        entry = decode(data)
    except NotCanonical as error:
        raise Wrong(f"{ENTRY}: {error}", COMPLETE) from None
    return check_entry(entry, entry.get("seq", 0) if isinstance(entry, dict) else 0)


def _disclosures(archive: Archive) -> list[tuple[int, str]]:
    return [read_line(line, number) for number, line in enumerate(archive.lines(DISCLOSURES), 1)]


def _proof(archive: Archive) -> TlogProof:
    try:
        proof = note.parse_proof(archive.text(PROOF))
    except BadNote as error:
        raise Wrong(f"{PROOF}: {error}", TREE) from None
    if proof.extra is not None:
        raise Wrong(f"{PROOF}: extra data, which nothing authenticates", TREE)
    return proof


def _check_place(data: bytes, seq: int, proof: TlogProof, checkpoint: Signed) -> None:
    if proof.index != seq:
        raise Wrong(f"{PROOF}: of entry {proof.index}, not {seq}", TREE)
    head = checkpoint.head
    if not verify_inclusion(leaf_hash(data), seq, head.size, proof.path, head.root):
        raise Wrong(f"entry {seq}: not under the root of the checkpoint", TREE)


def _check_forks(checkpoint: Signed, held: Held) -> None:
    for one in held.checkpoints:
        if one.head.origin != checkpoint.head.origin:
            raise Wrong(f"{one.name}: of another log", TREE)
        if one.head.size == checkpoint.head.size and one.head.root != checkpoint.head.root:
            raise Wrong(f"{one.name}: another root at the same size", TREE)


def _vouched(archive: Archive, checkpoint: Signed, held: Held) -> tuple[frozenset[VerifierKey], frozenset[VerifierKey]]:
    """The keys that signed, and those that what is held vouches for: a held checkpoint names its own signers."""
    keys = parse_keys(KEYS, archive.text(KEYS))
    signers = checkpoint.signers(keys)
    if held.keys:
        signers = checkpoint.signers(held.keys)
    vouched = set(held.keys)
    for one in held.checkpoints:
        vouched |= one.signers({*keys, *held.keys})
    return signers, frozenset(vouched)


def _check_disclosures(entry: dict[str, Any], disclosures: list[tuple[int, str]]) -> None:
    for seq, disclosure in disclosures:
        if seq != entry["seq"]:
            raise Wrong(f"{DISCLOSURES}: of entry {seq}, not {entry['seq']}", MATCHING)
        check_claims([claim(seq, disclosure)], entry)
