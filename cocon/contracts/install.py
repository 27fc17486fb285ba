"""Installing: the log is opened, then the real contract is loaded, once, through operations."""

from __future__ import annotations

from cocon.audit import opening
from cocon.contracts import operations, queries, reference
from cocon.kernel.actor import SYSTEM
from cocon.kernel.db import db
from cocon.partners import operations as partner_operations
from cocon.partners import queries as partner_queries


def install(origin: str, key: str) -> bool:
    """Open the log and load the reference data; False when it was done already."""
    if not opening.open_log(origin, key):
        return False
    facts = reference.read()
    operations.load_contract(SYSTEM, None, reference=facts)
    contract = queries.contract()
    partner_operations.register_partners(SYSTEM, contract.id, rows=facts["partners"])
    partner_ids = [partner.id for partner in partner_queries.partners()]
    operations.open_envelopes(SYSTEM, contract, partner_ids=partner_ids, years=contract.years)
    db.session.rollback()
    return True
