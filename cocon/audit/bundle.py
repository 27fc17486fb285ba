"""Writing what leaves the house: the evidence bundle and the proof of one entry, as ZIP files that check offline."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from cocon.audit import note, tree
from cocon.audit.canonical import decode, encode
from cocon.audit.leaflets import bundle_leaflet, proof_leaflet
from cocon.audit.manifest import (
    DISCLOSURES,
    ENTRIES,
    ENTRY,
    KEYS,
    LEAFLET,
    MANIFEST,
    MANIFEST_NOTE,
    PROOF,
    Manifest,
    text_to_sign,
)

Target = Path | IO[bytes]
#: The kind of the entry from which all is fictional.
DEMO = "demo.started"


class Unfit(ValueError):
    """What was given does not make a bundle or a proof that would verify."""


@dataclass(frozen=True)
class Exported:
    """What a bundle covers."""

    size: int
    root: bytes


def write_bundle(
    out: Target,
    *,
    origin: str,
    entries: Iterable[bytes],
    disclosures: Iterable[tuple[int, str]],
    checkpoints: Mapping[int, str],
    timestamps: Mapping[tuple[int, int], bytes],
    keys: Sequence[str],
    sign: Callable[[str], str],
) -> Exported:
    """Write the bundle of section 5 of the log's format, as a stream.

    ``checkpoints`` maps sizes to signed notes, the newest covering exactly the entries given; ``timestamps`` maps
    (size, number) to RFC 3161 tokens; ``keys`` are vkeys; ``sign`` makes the log's note of a text. The leaflet of a
    demonstration's log says that its facts are fictional. A file named by a path appears only once it is whole.
    """
    with _opened(out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        pack, crown, began = _Pack(archive), tree.CompactRange(), list[int]()
        pack.add(ENTRIES, _lines_of(entries, crown, began))
        _demand_cover(origin, crown, checkpoints)
        pack.add(DISCLOSURES, (_disclosure_line(seq, disclosure) for seq, disclosure in disclosures))
        for size, signed in sorted(checkpoints.items()):
            pack.add(f"checkpoints/{size}.txt", [signed.encode()])
        for (size, number), token in sorted(timestamps.items()):
            pack.add(f"timestamps/{size}-{number}.tsr", [token])
        pack.add(KEYS, _keys(keys))
        pack.add(LEAFLET, [bundle_leaflet(min(began, default=None)).encode()])
        manifest = Manifest(origin, crown.size, crown.root().hex(), dict(pack.files)).encoded()
        pack.add(MANIFEST, [manifest])
        pack.add(MANIFEST_NOTE, [sign(text_to_sign(manifest)).encode()])
    return Exported(crown.size, crown.root())


def write_proof(
    out: Target,
    *,
    entry: bytes,
    path: Sequence[bytes],
    checkpoint: str,
    disclosures: Iterable[str],
    keys: Sequence[str],
    demo: int | None = None,
) -> None:
    """Write the proof that an entry stands under a signed checkpoint: ``path`` comes from ``tree.inclusion_path``."""
    seq = decode(entry)["seq"]
    head = note.parse_checkpoint(note.parse_note(checkpoint).text)
    if not tree.verify_inclusion(tree.leaf_hash(entry), seq, head.size, path, head.root):
        raise Unfit("the path does not lead from the entry to the checkpoint")
    with _opened(out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        pack = _Pack(archive)
        pack.add(ENTRY, [entry])
        pack.add(PROOF, [note.format_proof(seq, path, checkpoint).encode()])
        pack.add(DISCLOSURES, (_disclosure_line(seq, disclosure) for disclosure in disclosures))
        pack.add(KEYS, _keys(keys))
        pack.add(LEAFLET, [proof_leaflet(demo).encode()])


class _Pack:
    """Adds files to a ZIP, dated at the beginning of time so that equal content makes equal bytes."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.files: dict[str, str] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
        digest = sha256()
        with self._archive.open(info, "w", force_zip64=True) as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        self.files[name] = digest.hexdigest()


@contextmanager
def _opened(out: Target) -> Iterator[IO[bytes]]:
    if not isinstance(out, Path):
        yield out
        return
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _lines_of(entries: Iterable[bytes], crown: tree.CompactRange, began: list[int]) -> Iterator[bytes]:
    """The entries as lines; notes in passing the numbers of those that began a demonstration."""
    for entry in entries:
        if DEMO.encode() in entry and decode(entry)["kind"] == DEMO:
            began.append(crown.size)
        crown.append(tree.leaf_hash(entry))
        yield entry + b"\n"


def _demand_cover(origin: str, crown: tree.CompactRange, checkpoints: Mapping[int, str]) -> None:
    if max(checkpoints, default=None) != crown.size:
        raise Unfit("the newest checkpoint does not cover exactly the entries")
    head = note.parse_checkpoint(note.parse_note(checkpoints[crown.size]).text)
    if head != note.Checkpoint(origin, crown.size, crown.root()):
        raise Unfit("the newest checkpoint is not that of these entries")


def _disclosure_line(seq: int, disclosure: str) -> bytes:
    return encode({"disclosure": disclosure, "seq": seq}) + b"\n"


def _keys(keys: Sequence[str]) -> list[bytes]:
    return [note.parse_vkey(key).vkey.encode() + b"\n" for key in keys]
