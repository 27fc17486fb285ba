"""The official codes of places: what is one, and how what people type is kept."""

from __future__ import annotations

import pytest

from cocon.actions import operations, refusals, territories
from tests.actions.making import GRENOBLE, share
from tests.factories import World


@pytest.mark.parametrize("code", ["38185", "2A004", "38", "2b", "974", "84", "200040715"])
def test_a_code_is_a_commune_a_departement_a_region_or_a_siren(code: str) -> None:
    assert territories.wrong(code) == []


@pytest.mark.parametrize("text", ["3818", "381855", "2C004", "200040716", "200", "Grenoble", "٣٨", "38185.", "-38"])
def test_anything_else_is_none(text: str) -> None:
    assert territories.wrong(f"38, {text}") == [text.upper()]


def test_codes_are_kept_apart_and_once() -> None:
    assert territories.tidy(" 38185;2a004\n38185 ,42 ") == "38185, 2A004, 42"
    assert (territories.tidy(" , "), territories.wrong("")) == ("", [])


@pytest.mark.template("reference")
@pytest.mark.parametrize("typed", ["3", "38185,42"])
@pytest.mark.usefixtures("in_app")
def test_a_version_holds_sound_codes_only(typed: str) -> None:
    with pytest.raises(refusals.CodesUnsound):
        share(World().actor("representative", GRENOBLE), territory_codes=typed)
    assert operations.VersionFields(title="t").territory_codes == ""
