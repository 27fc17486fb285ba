"""ImportSheet: what was uploaded, kept between the steps of an import for its author, and swept after a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from cocon.kernel.db import Free


class ImportSheet(Free):
    """The cells of a spreadsheet as text, row by row, and what its columns mean (field by column, or none yet).

    ``kind`` is ``fiches``, ``votes`` or ``payments``. ``draft_ids`` names the drafts, or the steps, made of it; empty
    until then.
    """

    __tablename__ = "import_sheet"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    revision: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    uploaded_at: Mapped[datetime]
    filename: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    cells: Mapped[dict[str, Any]] = mapped_column(JSON)
    mapping: Mapped[dict[str, str]] = mapped_column(JSON)
    draft_ids: Mapped[list[str]] = mapped_column(JSON)
