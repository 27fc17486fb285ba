"""LibreOffice Calc without a window: opens a file as a person would, works it out again, and saves it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.programs import calc

#: Formulas are worked out on opening, whatever result the file gives: else ours would come back unread.
_ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="ODFRecalcMode" oor:op="fuse">
<value>0</value></prop></item>
</oor:items>
"""
#: Semicolons, double quotes, UTF-8, from the first line, in French, numbers and dates recognised.
FRENCH_CSV = "Text - txt - csv (StarCalc):59,34,76,1,,1036,false,true"


class Office:
    """One installation of the person's own, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._profile = folder / "profile"
        settings = self._profile / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True)
        settings.write_text(_ALWAYS)

    def saved(self, data: bytes, was: str, read_as: str | None = None) -> bytes:
        """The bytes of a file of extension ``was``, opened and saved as XLSX."""
        source, target = self.folder / f"ours.{was}", self.folder / "saved" / "ours.xlsx"
        source.write_bytes(data)
        target.unlink(missing_ok=True)
        subprocess.run(
            [
                calc(),
                f"-env:UserInstallation={self._profile.as_uri()}",
                *("--headless", "--norestore", "--nolockcheck", "--convert-to", "xlsx"),
                *([f"--infilter={read_as}"] if read_as else []),
                *("--outdir", target.parent, source),
            ],
            check=True,
            capture_output=True,
        )
        return target.read_bytes()
