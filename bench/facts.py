"""What to measure in an installation: a session's cookie and the addresses, as JSON on stdout.

It adds a fiche of 20 pages, of two versions, the same at every size.
"""

from __future__ import annotations

import json
import os
from typing import Any

from sqlalchemy import select

from cocon.actions import drafts, operations, queries
from cocon.actions.models import TEXT_FIELDS, Action
from cocon.app import create_app
from cocon.config import Config
from cocon.contracts.queries import objectives, outline
from cocon.demo.generator import WORDS
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.partners import queries as partners
from cocon.signin import accounts

TITLE = "Fiche synthétique de vingt pages"
EMAIL = "mesure@region-rhone-alpes.example"


#: A page holds about 3,000 characters: 20 of them over the seven texts of a fiche.
PAGE, LENGTH = 3_000, 20


def _long(actor: Actor) -> str:
    """A fiche of 20 pages whose second version changes a word in fifteen."""
    draft = drafts.start(actor, {"title": TITLE})
    axis = outline().axes[0]
    objective = next((row.id for row in objectives() if row.axis_id == axis.id), None)
    operations.share_action(actor, draft, axis_id=axis.id, objective_id=objective, fields=_fields("équipe"))
    action = queries.find(draft.id)
    if action is None:
        raise LookupError(draft.id)
    operations.publish_version(
        actor, action, revision=action.rev, summary="Une nouvelle version.", fields=_fields("collectif")
    )
    return action.id


def _fields(changed: str) -> operations.VersionFields:
    words = [*(word for word in WORDS if word not in {"équipe", "collectif"})][:14]
    line = " ".join([*words, changed])
    lines = -(-PAGE * LENGTH // len(TEXT_FIELDS) // len(line))
    texts: dict[str, Any] = dict.fromkeys(TEXT_FIELDS, "\n\n".join([line] * lines))
    return operations.VersionFields(title=TITLE, project_owner_name="Une association", **texts)


def main() -> None:
    """Open a session of the Région's synthetic representative and name the pages."""
    with create_app(Config.from_env(os.environ)).app_context():
        person = partners.person_by_email(EMAIL)
        if person is None:
            raise LookupError(EMAIL)
        cookie = accounts.open_session(person.id, "bench")
        db.session.commit()
        action = db.session.scalars(select(Action.id).order_by(Action.code).limit(1)).one()
        actor = partners.actor_of(partners.mandates_of(person.id)[0])
        db.session.rollback()
        long = f"/actions/{_long(actor)}"
    below = f"/actions/{action}"
    search = "/actions?q=emploi+projets+terri"
    pages = {"list": "/actions", "search": search, "fiche": below, "workspace": "/espace", "matrix": "/financement"}
    pages |= {"axis": "/financement?axe=1&etape=vote", "behind": "/financement/contributions"}
    pages |= {"long": long, "compare": f"{long}/comparer?de=1&a=2"}
    print(
        json.dumps({"cookie": cookie, **pages, "discussion": f"{below}/discussion", "funding": f"{below}/financement"})
    )


if __name__ == "__main__":
    main()
