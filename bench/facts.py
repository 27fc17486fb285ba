"""What to measure in an installation: a session's cookie and the addresses, as JSON on stdout."""

from __future__ import annotations

import json
import os

from sqlalchemy import select

from cocon.actions.models import Action
from cocon.app import create_app
from cocon.config import Config
from cocon.kernel.db import db
from cocon.partners import queries as partners
from cocon.signin import accounts

EMAIL = "mesure@region-rhone-alpes.example"


def main() -> None:
    """Open a session of the Région's synthetic representative and name the pages."""
    with create_app(Config.from_env(os.environ)).app_context():
        person = partners.person_by_email(EMAIL)
        if person is None:
            raise LookupError(EMAIL)
        cookie = accounts.open_session(person.id, "bench")
        db.session.commit()
        action = db.session.scalars(select(Action.id).order_by(Action.code).limit(1)).one()
    below = f"/actions/{action}"
    search = "/actions?q=emploi+projets+terri"
    pages = {"list": "/actions", "search": search, "fiche": below, "workspace": "/espace", "matrix": "/financement"}
    print(
        json.dumps({"cookie": cookie, **pages, "discussion": f"{below}/discussion", "funding": f"{below}/financement"})
    )


if __name__ == "__main__":
    main()
