"""Names in time, mandates by day and by role."""

from __future__ import annotations

from datetime import date

import pytest

from cocon.kernel.actor import SYSTEM
from cocon.kernel.numbers import luhn
from cocon.partners import operations, queries
from cocon.partners.forms import TERRITORIAL
from cocon.partners.models import Partner
from cocon.partners.queries import NameSpan
from cocon.policy import ROLES
from tests.actions.making import statements
from tests.web.making import GRENOBLE, ISERE

DEPARTMENT = Partner(
    name="Conseil général",
    later_names=[
        {"name": "Conseil départemental", "from": "2015-03-01", "precision": "month"},
        {"name": "Collectivité", "from": "2018-01-01", "precision": "day"},
    ],
)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2014, 1, 1), "Conseil général"),
        (date(2015, 2, 28), "Conseil général"),
        (date(2015, 3, 1), "Conseil départemental"),
        (date(2017, 12, 31), "Conseil départemental"),
        (date(2018, 1, 1), "Collectivité"),
    ],
)
def test_the_name_is_that_of_the_day(day: date, name: str) -> None:
    assert DEPARTMENT.name_on(day) == name
    assert [span.name for span in queries.names_in_time(DEPARTMENT) if span.valid_on(day)] == [name]


def test_names_follow_one_another_with_their_precision() -> None:
    march, january = date(2015, 3, 1), date(2018, 1, 1)
    assert queries.names_in_time(DEPARTMENT) == [
        NameSpan("Conseil général", None, march, "day", "month"),
        NameSpan("Conseil départemental", march, january, "month", "day"),
        NameSpan("Collectivité", january, None, "day", "day"),
    ]
    assert queries.names_in_time(Partner(name="Ville", later_names=[])) == [NameSpan("Ville")]


@pytest.mark.parametrize("siren", ["213801855", "242600252", "244200770", "200035731", "200040715", "243800984"])
def test_published_numbers_pass_the_check(siren: str) -> None:
    assert luhn(siren)
    for place in range(9):
        wrong = siren[:place] + str((int(siren[place]) + 1) % 10) + siren[place + 1 :]
        assert not luhn(wrong), "one wrong digit is always seen"


def test_words_cover_every_code() -> None:
    assert set(queries.ROLES) == ROLES
    assert set(TERRITORIAL) < set(queries.KINDS)
    assert set(queries.COLLEGES) == set(queries.MEMBERS)


@pytest.mark.template("reference")
@pytest.mark.usefixtures("in_app")
class TestInstalled:
    """What the installed signatories answer."""

    def test_twenty_signatories_in_their_order(self) -> None:
        partners = queries.partners()
        assert [partner.college for partner in partners] == ["regional"] * 4 + ["territorial"] * 16
        assert [partner.status for partner in partners].count("confirmed") == 15
        assert {partner.kind for partner in partners if partner.kind} <= set(queries.KINDS)
        assert {partner.status for partner in partners} == set(queries.STATUSES)
        assert {partner.departement for partner in partners if partner.departement} <= set(queries.DEPARTEMENTS)

    def test_names_of_the_real_successors(self) -> None:
        isere, region = queries.partner_by_key(ISERE), queries.partner_by_key("region-rhone-alpes")
        assert isere is not None
        assert region is not None
        assert isere.name_on(date(2015, 3, 31)) == "Conseil départemental de l’Isère"
        assert region.name_on(date(2015, 12, 31)) == "Région Rhône-Alpes"
        assert region.name_on(date(2016, 1, 1)) == "Région Auvergne-Rhône-Alpes"

    def test_people_come_by_role_in_one_statement(self) -> None:
        for role, name in (("reader", "Ana"), ("representative", "Zoé"), ("representative", "Bea"), ("deputy", "Cid")):
            operations.give_mandate(
                SYSTEM, queries.partner_by_key(GRENOBLE), email=f"{name}@example.org", role=role, name=name
            )
        partner = queries.partner_by_key(GRENOBLE)
        assert partner is not None
        with statements() as sent:
            found = [(mandate.role, mandate.person.name) for mandate in queries.mandates_for(partner.id)]
        assert found == [("representative", "Bea"), ("representative", "Zoé"), ("deputy", "Cid"), ("reader", "Ana")]
        assert len(sent) == 1

    def test_mandates_are_worn_between_their_days(self) -> None:
        starts, ends = date(2014, 2, 1), date(2014, 2, 3)
        operations.give_mandate(
            SYSTEM, queries.partner_by_key(GRENOBLE), email="a@b.fr", role="reader", starts_on=starts, ends_on=ends
        )
        person = queries.person_by_email("A@B.fr")
        assert person is not None
        days = (date(2014, 1, 31), starts, ends, date(2014, 2, 4))
        assert [len(queries.mandates_of(person.id, day)) for day in days] == [0, 1, 1, 0]
        assert len(queries.mandates_held(person.id)) == 1
        assert queries.person_by_id(person.id).email == "a@b.fr"
