"""Vendored front-end files: fetch them from their npm packages, and check offline that none was touched.

Each folder below holds a ``manifest.json`` that lists every other file of the folder with its sha256. An entry with a
``source`` of ``npm`` can be fetched again; a ``derived`` one says in its ``note`` how it was made, a
``git`` one where it was read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = tuple(ROOT / name for name in ("static/vendor", "static/fonts", "tests/vendor"))

Manifest = dict[str, Any]


def load(folder: Path) -> Manifest:
    """Read the manifest of one folder."""
    manifest: Manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    return manifest


def digest(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def faults(folder: Path) -> Iterator[str]:
    """Say what differs between a folder and its manifest."""
    listed: dict[str, str] = {}
    for entry in load(folder)["entries"]:
        yield from (f"{entry.get('name')}: no {key}" for key in ("name", "version", "licence") if not entry.get(key))
        listed |= {name: file["sha256"] for name, file in entry["files"].items()}
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    present = {name for name in present if not name.endswith(".gz")} - {"manifest.json"}
    yield from (f"{folder.name}/{name}: missing" for name in sorted(listed.keys() - present))
    yield from (f"{folder.name}/{name}: not in the manifest" for name in sorted(present - listed.keys()))
    for name in sorted(present & listed.keys()):
        if digest(folder / name) != listed[name]:
            yield f"{folder.name}/{name}: sha256 differs"


def check() -> int:
    """Compare every folder with its manifest, without network; 1 when anything differs."""
    found = [fault for folder in FOLDERS for fault in faults(folder)]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


def unpack(name: str, version: str, where: Path) -> Path:
    """Download one package with ``npm pack`` and unpack it."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(where), f"{name}@{version}"]
    archive = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    with tarfile.open(where / archive) as tar:
        tar.extractall(where, filter="data")
    return where / "package"


def copy(folder: Path, entry: Manifest, *, update: bool) -> None:
    """Bring the files of one package; a digest that differs is an error, unless it is being recorded."""
    with tempfile.TemporaryDirectory() as scratch:
        package = unpack(entry["name"], entry["version"], Path(scratch))
        for name, file in entry["files"].items():
            origin = package / file["from"]
            if update:
                file["sha256"] = digest(origin)
            elif digest(origin) != file["sha256"]:
                sys.exit(f"{name}: the package {entry['name']} {entry['version']} holds another file")
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(origin, folder / name)


def fetch(*, update: bool) -> int:
    """Fetch every npm entry of every manifest, then check."""
    for folder in FOLDERS:
        manifest = load(folder)
        for entry in manifest["entries"]:
            if entry["source"] == "npm":
                copy(folder, entry, update=update)
        if update:
            text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
            (folder / "manifest.json").write_text(text, "utf-8")
    return check()


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="compare the files with the manifests, offline")
    fetching = commands.add_parser("fetch", help="download the packages again with npm pack")
    fetching.add_argument("--update", action="store_true", help="record the digests of what was downloaded")
    options = parser.parse_args()
    return fetch(update=options.update) if options.command == "fetch" else check()


if __name__ == "__main__":
    sys.exit(main())
