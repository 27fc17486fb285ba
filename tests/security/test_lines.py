"""The whole corpus in each field of one line that the product keeps, on every page that shows it.

Texts of several lines hold it at once (test_bad_input); a line holds a few payloads, and is written a hundred times.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from itertools import cycle, product, zip_longest
from string import ascii_uppercase
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from lxml import html
from sqlalchemy import select
from wtforms import Form, HiddenField
from wtforms.fields.choices import SelectFieldBase

from cocon.actions import drafts
from cocon.actions import operations as actions
from cocon.actions import queries as action_queries
from cocon.actions.forms import draft_form
from cocon.actions.models import TEXT_FIELDS, Indicator, Milestone
from cocon.actions.sections import SECTIONS
from cocon.audit.models import LogEntry
from cocon.catalogue import saved
from cocon.contracts import operations as contracts
from cocon.contracts import queries as contract_queries
from cocon.decisions import operations as decisions
from cocon.discussion import operations as discussion
from cocon.funding import simulations
from cocon.funding.acts import record_act
from cocon.funding.correcting import set_act_example
from cocon.funding.models import Act as Proof
from cocon.funding.models import Resource
from cocon.funding.operations import announce_contribution
from cocon.funding.queries import own_share
from cocon.funding.resources import Stated, add_resource
from cocon.funding.steps import Taken, take_step
from cocon.kernel import clock
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.kernel.folding import fold
from cocon.partners import operations as partners
from cocon.partners.models import Partner
from cocon.partners.queries import actor_of, mandates_of, partner_by_key, person_by_email
from cocon.partners.queries import partners as all_partners
from cocon.structure import operations as structure
from cocon.structure import queries as structure_queries
from cocon.suggestions import forms as suggestion_forms
from cocon.suggestions import operations as suggestions
from cocon.suggestions import queries as suggestion_queries
from cocon.web.forms import LINE, Line, clean
from tests.actions.making import GRENOBLE, METRO, REGION, fields, hurry, known, share, signed_in
from tests.factories import World
from tests.files.making import attach
from tests.funding.test_steps import adopted
from tests.security.inert import intrusions
from tests.security.payloads import PAYLOADS
from tests.security.test_corpus import CODE
from tests.support.client import Client

pytestmark = pytest.mark.engines("sqlite")

#: The corpus as a field of one line keeps it.
CORPUS = list(dict.fromkeys(" ".join(clean(payload).split()) for payload in PAYLOADS))
WHOLE = " ".join(CORPUS)
#: Fields of one line whose text is looked for, never kept: what was typed is given back, see test_bad_input.
SOUGHT = {
    "signin.SignInForm.email",
    "structure.MergeForm.other",
    "structure.LinkForm.other",
    "discussion.CommentForm.person",
    *(f"audit.FilterForm.{name}" for name in ("partenaire", "personne", "acte", "fiche")),
}
#: Those that keep a few letters or digits and refuse everything else.
CODES = {
    *("actions.FicheForm.territory_codes", "contracts.ObjectiveForm.letter", "partners.IdentityForm.siren"),
    *("partners.IdentityForm.siret", "funding.BeneficiaryForm.siret", "funding.BeneficiaryForm.rna"),
}
#: Those that keep a paragraph.
LONG = {"funding.GridForm.reason", "funding.EnvelopeForm.reason"}
FOLLOWING = "//nav[@class='pagination']//a[@rel='next']/@href | //a[contains(@href, '/discussion?avant=')]/@href"


def lines() -> dict[str, int]:
    """The fields of one line of every form, by domain, form and name: how much each holds, or the shortest so named."""
    suggestion_forms.suggest_form("title"), suggestion_forms.edit_form("title")
    found: dict[str, int] = {}
    todo = [Form]
    while todo:
        todo += (form := todo.pop()).__subclasses__()
        for name, one in vars(form).items():
            kind = getattr(one, "field_class", None)
            if form.__module__.startswith("cocon.") and isinstance(kind, type) and issubclass(kind, Line):
                domain = form.__module__.split(".")[1]
                key, longest = f"{domain}.{form.__name__}.{name}", one.kwargs.get("maximum", LINE)
                found[key] = min(longest, found.get(key, longest))
    return found


@lru_cache
def values(name: str) -> Sequence[str]:
    """The payloads that a field can hold, as many at a time as it holds."""
    longest, packed = lines()[name], [""]
    for payload in (payload for payload in CORPUS if len(payload) <= longest):
        whole = f"{packed[-1]} {payload}".strip()
        if len(whole) <= longest:
            packed[-1] = whole
        else:
            packed.append(payload)
    return packed if packed[0] else [CODE]


@dataclass
class Shown:
    """Where the fields just filled in are read, by whom when not by the owner of the fiches, and what is read there.

    ``names`` are fields, ``texts`` some of what was written; the whole corpus is read ``whole`` times. What is shown in
    controls alone is escaped by WTForms, and a file knows no HTML: not ``ours``.
    """

    pages: Sequence[str]
    names: Sequence[str] = ()
    readers: Sequence[Actor] = ()
    texts: Sequence[str] = ()
    whole: int = 0
    ours: bool = True

    def unseen(self, said: str) -> list[str]:
        """What ought to be there and is not."""
        texts = [*self.texts, *(text for name in self.names for text in values(name))]
        often = said.count("".join(WHOLE.split()))
        missing = [text for text in texts if "".join(text.split()) not in said]
        return missing if often >= self.whole else [*missing, f"the whole is there {often} times"]


@dataclass
class Scene:
    """Who writes, and the fields in which all that they can hold was written."""

    world: World
    written: set[str] = field(default_factory=set)

    def all(self, name: str) -> Sequence[str]:
        """The texts to write in a field, one after the other."""
        self.written.add(name)
        return values(name)

    def owner(self, partner: str = GRENOBLE) -> Actor:
        """Who writes fiches."""
        return self.world.actor("representative", partner)

    @property
    def office(self) -> Actor:
        """Who writes the contract, and reads the log."""
        return self.world.actor("secretariat", REGION)


TEXTS = tuple(f"actions.FicheForm.{name}" for name in ("title", "owner_name", "delegate"))
ROWS = ("actions.MilestoneRow.title", *(f"actions.IndicatorRow.{name}" for name in ("code", "label", "unit", "source")))
LINEAGE = tuple(f"structure.LineageForm.{name}" for name in ("label", "former_code", "source"))


def versions(scene: Scene) -> Iterator[Shown]:
    """A fiche whose versions say everything, compared two by two."""
    action_id, rows = share(scene.owner()).id, [cycle(scene.all(name)) for name in ROWS]
    each = -(-max(len(values(name)) for name in ROWS) // len(values(TEXTS[0])))
    summary = "actions.PublishForm.summary"
    said = zip(*(scene.all(name) for name in TEXTS), cycle(scene.all(summary)), strict=False)
    for title, owner, delegate, why in said:
        lists = _lists([[next(one) for one in rows] for _row in range(each)])
        now = known(action_id)
        text = fields(title=title, project_owner_name=owner, delegate=delegate, **lists)
        actions.publish_version(scene.owner(), now, revision=now.rev, summary=why, fields=text)
    url, last = f"/actions/{action_id}", known(action_id).version
    pairs = [f"de={number}&a={number + 1}" for number in range(2, last, 2)] + [f"de={last - 1}&a={last}"]
    yield Shown([f"{url}/comparer?{pair}&vue=cote-a-cote" for pair in pairs], [*TEXTS, *ROWS])
    yield Shown([f"{url}/versions"], [summary])
    yield Shown([f"{url}/historique"], [summary], [scene.office])
    yield Shown(_entries("actions.version-published"), [*TEXTS, *ROWS, summary], [scene.office])


def _lists(rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    return {
        "milestones": [Milestone(due="2014-03", title=title) for title, *_indicator in rows],
        "indicators": [
            Indicator(code=code, label=label, kind="result", unit=unit, targets={}, source=source)
            for _title, code, label, unit, source in rows
        ],
    }


def _entries(kind: str) -> list[str]:
    return [f"/audit/{seq}" for seq in db.session.scalars(select(LogEntry.seq).where(LogEntry.kind == kind))]


def fiches(scene: Scene) -> Iterator[Shown]:
    """A fiche for each title, on which a consultation is opened."""
    made = [
        share(scene.owner(), title=title, project_owner_name=owner, delegate=delegate)
        for title, owner, delegate in zip(*(scene.all(name) for name in TEXTS), strict=True)
    ]
    yield Shown([f"/actions/{one.id}" for one in made], TEXTS)
    for one in made:
        decisions.open_consultation(scene.office, one, deadline=clock.today() + timedelta(days=9))
    for page in ("/actions", "/financement", "/decisions"):
        yield Shown([page], TEXTS[:1])
    yield Shown(["/actions?vue=statut", "/espace", "/actions/semblables?title=script", "/actions?q=script"])


ACT = tuple(f"funding._ActFactsForm.{name}" for name in ("title", "number", "assembly"))


EXAMPLE = "funding.ActExampleForm.example"


def money(scene: Scene) -> Iterator[Shown]:
    """Acts of an assembly, and payments whose references say everything."""
    action, owner, today = adopted(scene.world), scene.owner(), clock.today()
    executory = dict.fromkeys(("sent_on", "received_on", "published_on"), today)
    told = zip_longest(*(scene.all(name) for name in ACT), fillvalue="x")
    for rank, (title, number, assembly) in enumerate(told):
        said = {"title": title, "number": f"{rank}" if number == "x" else number, "assembly": assembly}
        act = record_act(owner, None, kind="deliberation", adopted_on=today, days=executory, **said).subject.id
    announce_contribution(owner, action, year=2014, amount=1_000_00)
    reference = "funding.StepForm.reference"
    steps = [("inscribed", None), ("voted", None), *(("engaged", text) for text in scene.all(reference))]
    for step, text in steps:
        taken = Taken(amount=1_000_00, taken_on=today, act_id=act, reference=text)
        take_step(owner, action, year=2014, step=step, taken=taken)
    share = own_share(action.id, owner.partner_id or "", 2014)
    assert share is not None
    yield Shown([f"/actions/{action.id}/financement/tranches/{share[1].id}"], [reference])
    yield Shown(["/actes"], [ACT[0], ACT[1]])
    yield Shown([f"/actes/{one}" for one in db.session.scalars(select(Proof.id))], ACT)
    yield Shown(_entries("funding.act-recorded"), ACT[:2], [scene.office])
    for text in scene.all(EXAMPLE):
        mine = partner_by_key(owner.partner_key or "")
        assert mine is not None
        set_act_example(owner, mine, example=text)
        yield Shown(["/actes/numerotation", "/actes/nouveau"], texts=[text])


def elsewhere(scene: Scene) -> Iterator[Shown]:
    """A fiche whose other resources come from everybody."""
    action, name = share(scene.owner()), "funding.ResourceForm.funder"
    for text in scene.all(name):
        stated = Stated(account="75", funder=text, year=2014, amount=1)
        add_resource(scene.owner(), known(action.id), stated=stated)
    row = db.session.scalars(select(Resource.id)).first()
    budget = f"/actions/{action.id}/plan-de-financement"
    yield Shown([budget], [name])
    yield Shown([f"{budget}/ressources/{row}/retirer"])


def aided(scene: Scene) -> Iterator[Shown]:
    """A fiche whose versions name every regime of State aid."""
    action_id, name = share(scene.owner()).id, "actions.CostForm.state_aid_regime"
    for text in scene.all(name):
        now, said = known(action_id), fields(state_aid="regime", state_aid_regime=text)
        actions.publish_version(scene.owner(), now, revision=now.rev, summary="Régime", fields=said)
    numbers = range(2, known(action_id).version + 1)
    yield Shown([f"/actions/{action_id}/versions/{number}" for number in numbers], [name])


def begun(scene: Scene) -> Iterator[Shown]:
    """Drafts; the lists of drafts cut their titles short."""
    name = "actions.StartForm.title"
    made = [drafts.start(scene.owner(), {"title": title}).id for title in scene.all(name)]
    yield Shown([f"/actions/{one}/modifier/general" for one in made], [name])
    yield Shown(["/actions/nouvelle", "/espace"])


def typed(scene: Scene) -> Iterator[Shown]:
    """A draft and the next version of a fiche: they keep the whole corpus in each field, whatever it asks."""
    action, form = share(scene.owner()), draft_form(contract_queries.outline().years)()
    form.milestones.append_entry()
    form.indicators.append_entry()
    parts = [part for one in form for row in getattr(one, "entries", [one]) for part in getattr(row, "form", [row])]
    names = [part.name for part in parts if not isinstance(part, HiddenField | SelectFieldBase)]
    said = {**dict.fromkeys(names, WHOLE), "owner": "autre"}
    draft = drafts.start(scene.owner(), said)
    drafts.keep(drafts.new(scene.owner(), said, action.id, 1))
    db.session.commit()
    for text_id, last in ((draft.id, "partager"), (action.id, "publier")):
        yield Shown(
            [f"/actions/{text_id}/modifier/{section.slug}" for section in SECTIONS], whole=len(names), ours=False
        )
        yield Shown([f"/actions/{text_id}/{page}" for page in ("modifier", "abandonner")])
        yield Shown([f"/actions/{text_id}/{last}"], whole=len(names) if last == "partager" else len(TEXT_FIELDS))


def views(scene: Scene) -> Iterator[Shown]:
    """Views of several people: nobody keeps many, nor two whose names only marks tell apart."""
    name, kept = "catalogue.ViewForm.name", dict[str, set[str]]()
    for text in scene.all(name):
        keys = (partner.key for partner in all_partners())
        held = (key for key in keys if fold(text) not in kept.setdefault(key, set()))
        key = next(key for key in held if len(kept[key]) < saved.MOST)
        saved.save(scene.world.actor("reader", key), "axe=1", name=text)
        kept[key].add(fold(text))
    for page in ("/actions/vues", "/actions"):
        yield Shown([page], [name], [scene.world.actor("reader", key) for key in kept])


def tries(scene: Scene) -> Iterator[Shown]:
    """Simulations of several partners: none keeps many."""
    name, keys = "funding.SimulationForm.name", [partner.key for partner in all_partners()]
    actors = [scene.world.actor("contributor", key) for key in keys]
    for rank, text in enumerate(scene.all(name)):
        simulations.start(actors[rank % len(actors)], name=text)
    yield Shown(["/simulations"], [name], actors)


def pieces(scene: Scene) -> Iterator[Shown]:
    """Files whose title and name are hostile."""
    name, action = "files.AttachForm.title", share(scene.owner())
    for title in scene.all(name):
        attach(scene.owner(), action, title=title, name=f"{title[:60]}.pdf")
    yield Shown([f"/actions/{action.id}/pieces"], [name])
    yield Shown(_entries("files.attached"), [name], [scene.office])


def suggested(scene: Scene) -> Iterator[Shown]:
    """Titles as another organisation would write them, half of them as the owner accepts them."""
    action = share(scene.owner())
    proposed, edited = "suggestions.SuggestForm.proposed", "suggestions.EditForm.edited"
    made = [
        suggestions.suggest_change(
            scene.owner(METRO), action, field="title", version=1, proposed=text, reason="Plus clair."
        ).subject.id
        for text in scene.all(proposed)
    ]
    url = f"/actions/{action.id}/suggestions"
    yield Shown([url], [proposed])
    yield Shown([f"{url}/{one}/modifier" for one in made[::4]], texts=scene.all(proposed)[::4])
    for one, text in zip(made, reversed(scene.all(edited)), strict=True):
        shown = suggestion_queries.digest(action_queries.current_text(action).title)
        facts = {"suggestion_id": one, "revision": 1}
        suggestions.accept_with_edits(scene.owner(), action, **facts, shown=shown, edited=text)
        facts = {"suggestion_id": one, "revision": 2}
        suggestions.refuse_suggestion(scene.owner(), action, **facts, reason="Finalement non.")
    yield Shown([f"{url}?etat=reglees"], [edited])


def followed(scene: Scene) -> Iterator[Shown]:
    """A fiche that follows those of an earlier contract."""
    action_id, earlier = share(scene.owner()).id, structure_queries.earlier_contracts()[0].id
    for label, code, source in zip(*(cycle(scene.all(name)) for name in LINEAGE), strict=False):
        if len(_entries("structure.lineage-stated")) == max(len(values(name)) for name in LINEAGE):
            break
        said = {"label": label, "former_code": code, "source": source, "reason": "Suite."}
        structure.state_lineage(scene.office, known(action_id), contract_id=earlier, **said)
    yield Shown([f"/actions/{action_id}"], LINEAGE)
    yield Shown([f"/actions/{action_id}/structure"], LINEAGE[:2], [scene.office])
    yield Shown(_entries("structure.lineage-stated"), LINEAGE, [scene.office])
    yield Shown([f"/actions/{action_id}/export.odt"], LINEAGE, ours=False)


def people(scene: Scene) -> Iterator[Shown]:
    """Colleagues who all write, under the name that they chose."""
    name, action, partner = "signin.InvitationForm.name", share(scene.owner()), _partner(METRO)
    for number, chosen in enumerate(scene.all(name)):
        email = f"{number}@demo.example"
        partners.give_mandate(SYSTEM, partner, email=email, role="representative", name="x")
        person = person_by_email(email)
        assert person is not None
        actor = actor_of(mandates_of(person.id)[0])
        partners.accept_invitation(actor, person, name=chosen)
        discussion.post_comment(actor_of(mandates_of(person.id)[0]), action, text="Bonjour.", visibility="partners")
    for page in (f"/partenaires/{METRO}", f"/actions/{action.id}/discussion"):
        yield Shown([page], [name])
    yield Shown([f"/actions/{action.id}/historique"], [name], [scene.office])


def contract(scene: Scene, number: int = 0) -> Iterator[Shown]:
    """Objectives under every letter of the axes."""
    title, places = "contracts.ObjectiveForm.title", [*product(contract_queries.axes(), ascii_uppercase)]
    texts = scene.all(title)[number * len(places) :][: len(places)]
    for text, (axis, letter) in zip(texts, places, strict=False):
        contracts.add_objective(scene.office, axis, letter=letter, title=text, fictional=True)
    assert number or len(scene.all(title)) <= 2 * len(places)
    yield Shown(["/contrat"], texts=texts)
    yield Shown(["/actions/nouvelle"], texts=texts, ours=False)


def contract_again(scene: Scene) -> Iterator[Shown]:
    """Those for which there was no letter left."""
    return contract(scene, 1)


def signatories(scene: Scene) -> Iterator[Shown]:
    """Signatories that no source names, completed."""
    name, unknown = "partners.IdentityForm.name", {"college": "territorial", "status": "unknown", "later_names": []}
    rows = [{"key": f"inconnue-{n}", "name": "x", **unknown} for n, _text in enumerate(scene.all(name))]
    partners.register_partners(SYSTEM, contract_queries.contract().id, rows=rows)
    for row, text in zip(rows, scene.all(name), strict=True):
        partners.complete_partner(scene.office, _partner(str(row["key"])), name=text, kind="commune", departement="38")
    draft = drafts.start(scene.owner(), {"title": "x"})
    yield Shown(["/partenaires"], [name])
    yield Shown([f"/actions/{draft.id}/modifier/partenaires"], [name])
    yield Shown([f"/partenaires/{rows[0]['key']}", "/financement", "/actions"])


Act = Callable[[Scene], Iterator[Shown]]
#: What each act writes everything in.
ACTS: dict[Act, Sequence[str]] = {
    versions: [*TEXTS, *ROWS, "actions.PublishForm.summary"],
    fiches: TEXTS,
    begun: ["actions.StartForm.title"],
    money: [*ACT, "funding.StepForm.reference", EXAMPLE],
    elsewhere: ["funding.ResourceForm.funder"],
    aided: ["actions.CostForm.state_aid_regime"],
    typed: [],
    views: ["catalogue.ViewForm.name"],
    tries: ["funding.SimulationForm.name"],
    pieces: ["files.AttachForm.title"],
    suggested: ["suggestions.SuggestForm.proposed", "suggestions.EditForm.edited"],
    followed: LINEAGE,
    people: ["signin.InvitationForm.name"],
    contract: ["contracts.ObjectiveForm.title"],
    contract_again: ["contracts.ObjectiveForm.title"],
    signatories: ["partners.IdentityForm.name"],
}


def _partner(key: str) -> Partner:
    found = partner_by_key(key)
    assert found is not None
    return found


class Browser:
    """Reads pages, and the pages that follow."""

    def __init__(self, app: Flask, world: World) -> None:
        self.app, self.world = app, world
        self._clients: dict[str, Client] = {}

    def read(self, shown: Shown, owner: Actor) -> tuple[str, list[str]]:
        """The words, blanks left out, and what is not ours."""
        said, strange = list[str](), list[str]()
        for reader in shown.readers or [owner]:
            todo = [*shown.pages]
            for path in todo:
                page = self._open(reader, path)
                if not isinstance(page, str):
                    strange += [f"{path}: {fault}" for fault in intrusions(page)]
                    todo += page.xpath(FOLLOWING)[:1]
                said.append(page if isinstance(page, str) else words(page))
        return "".join("".join(said).split()), strange

    def _open(self, reader: Actor, path: str) -> Any:
        who = str(reader.mandate_id)
        if who not in self._clients:
            self._clients[who] = signed_in(self.app, self.world, reader)
        with Context().run(self._clients[who].http.get, path) as answer:  # without what this test holds open
            assert answer.status_code == 200, f"{answer.status_code} {path}"
            return html.document_fromstring(answer.text) if answer.mimetype == "text/html" else _texts(answer.data)


def _texts(archive: bytes) -> str:
    """What an OpenDocument says."""
    with zipfile.ZipFile(io.BytesIO(archive)) as odt:
        return "".join(ElementTree.fromstring(odt.read("content.xml")).itertext())


def words(page: Any) -> str:
    """What is read of a page and of its fields, but for what readers alone hear."""
    for hidden in page.xpath("//main//*[@class='visually-hidden']"):
        hidden.drop_tree()
    return "".join([page.text_content(), *page.xpath("//input/@value")])


every_act = pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)


@every_act
def test_the_corpus_is_inert_in_every_line(app: Flask, act: Act) -> None:
    with app.app_context():
        hurry()
        scene = Scene(World.installed())
        for shown, said, strange in _played(app, scene, act):
            assert strange == []
            assert shown.unseen(said) == [], shown.pages[0]
    assert scene.written == set(ACTS[act])


@pytest.mark.parametrize("act", [act for act in ACTS if act is not contract_again], ids=lambda act: act.__name__)
def test_a_page_that_escapes_nothing_is_caught(app: Flask, act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control, on each of these pages, with a few of the payloads."""
    everything = values
    monkeypatch.setitem(globals(), "values", lambda name: everything(name)[:3])
    monkeypatch.setitem(globals(), "WHOLE", CORPUS[10])
    app.jinja_env.autoescape, app.jinja_env.bytecode_cache = False, None
    with app.app_context():
        scene = Scene(World.installed())
        silent = [one.pages[0] for one, _said, strange in _played(app, scene, act) if one.ours and not strange]
    assert silent == []


def test_no_line_is_left_out(app: Flask) -> None:
    """A field of one line added to a form is written in an act above, or keeps nothing of the kind."""
    written = {name for names in ACTS.values() for name in names}
    others = [SOUGHT, CODES, LONG]
    assert set(lines()) == written.union(*others)
    assert sum(map(len, others)) + len(written) == len(lines())
    assert {len([one for one in CORPUS if one in "\n".join(values(name))]) for name in TEXTS} == {len(CORPUS)}


#: What an address asks, by page; ``{id}`` is a fiche.
ASKED = {
    "/actions": "q axe statut partenaire tri vue apres",
    "/actions/semblables": "title",
    "/audit": "partenaire personne acte fiche du au avant",
    "/financement": "etape axe objectif partenaire lignes suite",
    "/financement/contributions": "etape axe objectif partenaire lignes fiche annee forme attente fiches apres",
    "/actes/nouveau": "action_id tranche_id etape",
    "/financement/comptes-rendus": "etat partenaire sens apres",
    "/actions/{id}/financement/comptes-rendus/2014": "financeur",
    "/decisions": "apres",
    "/contrat/objectifs": "axe",
    "/actions/{id}/comparer": "de a vue",
    "/actions/{id}/discussion": "fil citer rubrique avant",
    "/actions/{id}/historique": "afficher apres",
    "/actions/{id}/suggestions": "etat apres",
    "/actions/{id}/suggestions/nouvelle": "champ",
    "/actions/{id}/versions": "avant",
    "/actions/{id}/export.odt": "version",
}
#: How often what was asked is given back whole; words to look for are cut short.
GIVEN_BACK = {"/actions": 0, "/audit": 2}


@pytest.mark.parametrize("escaping", [True, False], ids=["inert", "caught"])
def test_what_an_address_asks_is_given_back_inert(app: Flask, escaping: bool) -> None:
    if not escaping:
        app.jinja_env.autoescape, app.jinja_env.bytecode_cache = False, None
    with app.app_context():
        world = World.installed()
        owner, office = world.actor("representative", GRENOBLE), world.actor("secretariat", REGION)
        action_id = share(owner).id
    client = signed_in(app, world, office)
    for path, names in ASKED.items():
        with client.http.get(path.format(id=action_id), query_string=dict.fromkeys(names.split(), WHOLE)) as answer:
            page = html.document_fromstring(answer.text)
        assert answer.status_code in (200, 404, 422), path
        assert (intrusions(page) == []) == (escaping or path not in GIVEN_BACK), path
        if escaping:
            assert words(page).count(WHOLE) >= GIVEN_BACK.get(path, 0), path


def test_words_that_are_looked_for_are_given_back_inert(app: Flask) -> None:
    with app.app_context():
        world = World.installed()
        owner = world.actor("representative", GRENOBLE)
    client = signed_in(app, world, owner)
    for text in values("actions.FicheForm.title"):
        with client.http.get("/actions", query_string={"q": text}) as answer:
            page = html.document_fromstring(answer.text)
        assert intrusions(page) == [], text
        assert text in page.xpath("//main//input[@name='q']/@value"), text


@pytest.mark.parametrize("escaping", [True, False], ids=["inert", "caught"])
def test_a_page_of_error_gives_back_what_was_typed_inert(app: Flask, escaping: bool) -> None:
    if not escaping:
        app.jinja_env.autoescape, app.jinja_env.bytecode_cache = False, None
    with app.app_context():
        world = World.installed()
        owner = world.actor("representative", GRENOBLE)
    client = signed_in(app, world, owner)
    with client.http.post("/actions/nouvelle", data={"title": WHOLE, "csrf_token": WHOLE}) as answer:
        page = html.document_fromstring(answer.text)
    assert answer.status_code == 403
    assert (intrusions(page) == []) == escaping
    if escaping:
        assert WHOLE in words(page)


def _played(app: Flask, scene: Scene, act: Act) -> Iterator[tuple[Shown, str, list[str]]]:
    """What is shown while the act is played, its words, and what is not ours there."""
    browser = Browser(app, scene.world)
    for shown in act(scene):
        db.session.rollback()
        yield shown, *browser.read(shown, scene.owner())
