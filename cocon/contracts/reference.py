"""Reading ``reference.toml``: the facts of the real contract, ready for the operations that load them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("reference.toml")


def read() -> dict[str, list[dict[str, Any]]]:
    """Contracts, partners, axes and figures as keyword arguments of their models."""
    facts = tomllib.loads(FILE.read_text(encoding="utf-8"))
    sources: dict[str, str] = facts["sources"]
    return {
        "contracts": [_contract(row, sources) for row in facts["contracts"]],
        "partners": [_partner(row) for row in facts["partners"]],
        "axes": [{**row, "source": sources["kretzschmar"]} for row in facts["axes"]],
        "figures": [{"scale": 0, **row, "source": sources[row["source"]]} for row in facts["figures"]],
    }


def _contract(row: dict[str, Any], sources: dict[str, str]) -> dict[str, Any]:
    blank = dict.fromkeys(("first_year", "last_year", "signed_on", "act", "note"))
    return {"in_force": False, **blank, **row, "source": sources[row["source"]]}


def _partner(row: dict[str, Any]) -> dict[str, Any]:
    later = row.get("later")
    names = [{**later, "from": later["from"].isoformat()}] if later else []
    blank = dict.fromkeys(("kind", "siren", "siret", "departement", "cog", "act_example"))
    return {**blank, **{k: v for k, v in row.items() if k != "later"}, "later_names": names}
