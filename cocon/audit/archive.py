"""Reading a ZIP that anybody may have made: every fault is a plain ``Wrong``, and memory stays bounded."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from cocon.audit.shape import Wrong

FILES = 1

#: A file held in memory, and one line of a file that is streamed.
LARGEST_FILE = 16 * 2**20
LONGEST_LINE = 8 * 2**20

#: Entries compress ten times or so; a deflate bomb a thousand times.
_SWELLING = 200
_ALWAYS_ALLOWED = 2**20
_CHUNK = 2**18

_FAULTS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    IndexError,
)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The ZIP at that path, for the time of the block; raises Wrong."""
    message = f"{path.name}: not a readable ZIP"
    with _faults(message):
        file = path.open("rb")
    with file:
        with _faults(message):
            archive = zipfile.ZipFile(file)
        with archive:
            yield Archive(archive)


class Archive:
    """The files of a ZIP by name, each checked before it is opened."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive
        self._files = self._examined()

    @property
    def names(self) -> set[str]:
        """The names of all files."""
        return set(self._files)

    def _examined(self) -> dict[str, zipfile.ZipInfo]:
        files: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            name = info.filename
            if name in files or name != info.orig_filename:
                raise Wrong(f"{name}: name given twice or disguised", FILES)
            if info.flag_bits & 1 or info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise Wrong(f"{name}: encrypted, or compressed in an unknown way", FILES)
            if info.file_size > _SWELLING * info.compress_size + _ALWAYS_ALLOWED:
                raise Wrong(f"{name}: swells more than {_SWELLING} times", FILES)
            files[name] = info
        return files

    def read(self, name: str) -> bytes:
        """A whole file, if it is not larger than what is held in memory."""
        info = self._files[name]
        if info.file_size > LARGEST_FILE:
            raise Wrong(f"{name}: larger than {LARGEST_FILE} bytes", FILES)
        with _faults(f"{name}: unreadable"):
            return self._zip.read(info)

    def text(self, name: str) -> str:
        """A whole file, as UTF-8."""
        try:
            return self.read(name).decode()
        except UnicodeDecodeError:
            raise Wrong(f"{name}: not UTF-8", FILES) from None

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file with their ends. What is longer than a line may be comes in pieces without end."""
        with _faults(f"{name}: unreadable"):
            file = io.BufferedReader(cast("zipfile.ZipExtFile", self._zip.open(self._files[name])), _CHUNK)
        with file:
            while True:
                try:  # a million context managers would cost as much as the decompression
                    line = file.readline(LONGEST_LINE)
                except _FAULTS:
                    raise Wrong(f"{name}: unreadable", FILES) from None
                if not line:
                    return
                yield line


@contextmanager
def _faults(message: str) -> Iterator[None]:
    try:
        yield
    except _FAULTS:
        raise Wrong(message, FILES) from None
