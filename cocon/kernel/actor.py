"""Who acts: a snapshot of a mandate, taken when the request begins."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A mandate at work. ``partner_*`` are None for auditors and administrators; all are None for the system.

    ``supervised``: a representative of the partner validates what its contributors prepare.
    """

    role: str
    person_id: str | None = None
    person_name: str | None = None
    mandate_id: str | None = None
    partner_id: str | None = None
    partner_key: str | None = None
    partner_name: str | None = None
    mandate_count: int = 1
    supervised: bool = True

    @property
    def is_system(self) -> bool:
        """Installation, demonstration, scheduled work."""
        return self.role == "system"


SYSTEM = Actor(role="system")
