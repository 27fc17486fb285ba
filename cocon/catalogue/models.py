"""SavedView: the filters of the list that a person keeps under a name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cocon.kernel.db import Free


class SavedView(Free):
    """One's own mark: nobody else reads it. ``query`` is what follows ``?`` in the address of the list."""

    __tablename__ = "saved_view"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(80))
    folded: Mapped[str] = mapped_column(String(160))
    query: Mapped[str] = mapped_column(String(1000))
    saved_at: Mapped[datetime]

    __table_args__: Any = (UniqueConstraint("person_id", "folded"),)
