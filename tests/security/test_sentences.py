"""What people typed stays text inside the sentences of the house, wherever they are put into words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask, render_template_string
from flask_babel import lazy_gettext

from cocon.actions.models import Action
from cocon.decisions import operations as decisions
from cocon.kernel import clock
from cocon.kernel.language import _, ngettext
from tests.factories import World
from tests.support.client import Client

HOSTILE = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>"
GRENOBLE, REGION = "ville-grenoble", "region-rhone-alpes"


@pytest.mark.engines("sqlite")
def test_a_sentence_is_escaped_with_what_it_holds(app: Flask) -> None:
    said = {"one": _("La fiche %(fiche)s", fiche=HOSTILE), "many": ngettext("%(num)s %(a)s", "%(num)s", 1, a=HOSTILE)}
    with app.test_request_context():
        shown = render_template_string("{{ one }}{{ many }}{{ one ~ '<' }}<b title=\"{{ one }}\">", **said)
    assert "<img" not in shown
    assert "<script" not in shown
    assert shown.count("&lt;img") == 4


@pytest.mark.engines("sqlite")
def test_the_sentences_of_flask_babel_are_not(app: Flask) -> None:
    """The negative control: why the house has its own."""
    with app.test_request_context():
        shown = render_template_string("{{ one }}", one=lazy_gettext("La fiche %(fiche)s", fiche=HOSTILE))
    assert "<script" in shown


@pytest.mark.template("reference")
@pytest.mark.engines("sqlite")
def test_the_title_of_a_fiche_is_text_in_every_workspace(app: Flask) -> None:
    world, office = World(), None
    with app.app_context():
        author, office = world.actor("representative", GRENOBLE), world.actor("secretariat", REGION)
        action: Action = world.action(author, HOSTILE)
        decisions.open_consultation(office, action, deadline=clock.today() + timedelta(days=9))
        cookies = [world.token(actor) for actor in (author, office, world.actor("representative", REGION))]
        addresses = ("/espace", f"/actions/{action.id}", f"/actions/{action.id}/historique", "/decisions", "/actions")
    for cookie in cookies:
        client = Client(app)
        client.http.set_cookie("session", cookie)
        for address in addresses:
            text = client.get(address).text
            assert "<img" not in text, address
            assert "<script>alert" not in text, address
            assert "onerror=alert" in text, f"{address} does not show the title"
