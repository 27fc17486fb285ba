"""The file that holds the log's signing keys: PEM blocks one after the other, or the 32 bytes of one seed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocon.audit.durable import write_durably
from cocon.audit.note import BadKey, generate_key

_SEED = 32
_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True)
class Keyring:
    """The signing keys of this installation, oldest first."""

    path: Path

    def load(self) -> list[Ed25519PrivateKey]:
        """Every key of the file; raises BadKey, OSError."""
        data = self.path.read_bytes()
        if len(data) == _SEED:
            return [Ed25519PrivateKey.from_private_bytes(data)]
        keys = [_parsed(found[0]) for found in _BLOCK.finditer(data)]
        if not keys:
            raise BadKey("neither PEM keys nor a seed of 32 bytes")
        return keys

    def create(self) -> None:
        """Make the file with a first key, unless somebody just did; only its owner reads it."""
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        write_durably(fresh, _pem(generate_key()), 0o600)
        try:
            os.link(fresh, self.path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()

    def add(self, key: Ed25519PrivateKey) -> None:
        """Write a further key after the others."""
        write_durably(self.path, b"".join(_pem(one) for one in [*self.load(), key]), 0o600)


def _parsed(block: bytes) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(block, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("a block of the file is no private key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey("a key of the file is not an Ed25519 key")
    return key


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
