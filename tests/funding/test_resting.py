"""The page of an act: all that rests on it, page after page, and its withdrawal only while nothing does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cocon.actions.models import Action
from cocon.funding import acts, operations, refusals, resting
from cocon.funding.models import Act
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE, ISERE, known
from tests.dossier.making import Stage
from tests.funding.making import announce, declare, envelope
from tests.funding.test_register import stage, texts
from tests.funding.test_steps import adopted, record, take, tranche
from tests.funding.test_undertakings import ask, bind, lift

__all__ = ["stage"]
pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2014-06-10")]


def _votes(actor: Actor, action: Action, act: str) -> None:
    take(actor, action, "inscribed", 100_00)
    take(actor, action, "voted", 100_00, act_id=act)


def _binds(actor: Actor, action: Action, act: str) -> None:
    bind(actor, action, {2014: 60_00, 2016: 40_00}, act)


def _asks(actor: Actor, action: Action, act: str) -> None:
    ask(actor, action, "suspensive", "Bilan 2013 reçu.", act_id=act)


def _lifts(actor: Actor, action: Action, act: str) -> None:
    lift(actor, action, ask(actor, action, "reservation", "Logo visible."), act_id=act)


def _declares(actor: Actor, _action: Action, act: str) -> None:
    operations.declare_envelope(actor, envelope(actor), amount=500_00, hard=True, reason="Budget.", act_id=act)


KINDS: dict[str, tuple[Callable[..., None], str, str]] = {
    "step": (_votes, "attribution votée 100,00", "1 étape"),
    "schedule": (
        _binds,
        "crédits de paiement 2014 : 60,00 € crédits de paiement 2016 : 40,00 € 100,00",
        "1 échéancier",
    ),
    "condition": (_asks, "condition suspensive Bilan 2013 reçu. sans objet", "1 condition"),
    "lifting": (_lifts, "levée : réserve Logo visible. sans objet", "1 levée de condition"),
    "envelope": (_declares, "enveloppe, plafond, version 1 500,00", "1 version d’enveloppe"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_rests_on_an_act_is_told_and_holds_it(stage: Stage, kind: str) -> None:
    rest, said, counted = KINDS[kind]
    client = stage.client("representative", GRENOBLE)
    with stage.acting() as world:
        grenoble, action = world.actor("representative", GRENOBLE), adopted(world)
        announce(grenoble, action, 100_00)
        act, line, fiche = record(grenoble, "14.06.077"), tranche().id, action.id
    page = client.get(f"/actes/{act}")
    assert page.select(f'a[href="/actes/{act}/retirer"]')
    assert not page.select("#tenu")
    with stage.acting():
        rest(grenoble, known(fiche), act)
        with pytest.raises(refusals.ActInUse):
            acts.withdraw_act(grenoble, db.session.get_one(Act, act), reason="Erreur.")
    page = client.get(f"/actes/{act}")
    [told] = texts(page, "#preuves tbody tr")
    assert said in told
    anchors = {"step": "", "schedule": "#pluriannuel"}
    where = f"/actions/{fiche}/financement/tranches/{line}{anchors.get(kind, '#conditions')}"
    place = f"/enveloppes/{GRENOBLE}#versions" if kind == "envelope" else where
    assert [str(link["href"]) for link in page.select("#preuves th a")] == [place]
    client.get(place.partition("#")[0])
    assert not page.select(f'a[href="/actes/{act}/retirer"]')
    assert page.words("#tenu") == (
        f"Cet acte ne peut pas être retiré, car il est la preuve de ce qui suit : {counted}."
    )
    assert not stage.client("representative", ISERE).get(f"/actes/{act}").select("#tenu")


def test_what_rests_on_an_act_goes_page_after_page(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting, "PAGE", 2)
    with stage.acting() as world:
        grenoble, action = world.actor("representative", GRENOBLE), adopted(world)
        announce(grenoble, action, 100_00)
        declare(grenoble, 900_00)
        act = record(grenoble, "14.06.077")
        for rest, _said, _counted in KINDS.values():
            rest(grenoble, action, act)
        lift(grenoble, action, ask(grenoble, action, act_id=act), act_id=act)
        seen: list[resting.Rest] = []
        after: Any = None
        while after is not False:
            page = resting.page(act, after)
            seen += page.lines
            after = page.next or False
        assert [one.kind for one in seen] == ["step", "schedule", *["condition"] * 2, *["lifting"] * 2, "envelope"]
        assert resting.counts(act) == {"step": 1, "schedule": 1, "condition": 2, "lifting": 2, "envelope": 1}
    client = stage.client("representative", GRENOBLE)
    first = client.get(f"/actes/{act}")
    assert "1 étape, 1 échéancier, 2 conditions, 2 levées de conditions, 1 version d’enveloppe" in first.words("#tenu")
    [link] = first.select(".pagination a")
    later = client.get(str(link["href"]).partition("#")[0])
    assert len(later.select("#preuves tbody tr")) == 2
    assert "Il n’y a rien d’autre." in client.get(f"/actes/{act}?apres=x").words("#preuves")
