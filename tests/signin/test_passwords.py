"""Which passwords are refused, and that hashing does not depend on the keyboard."""

from __future__ import annotations

import unicodedata

import pytest
from flask import Flask
from flask_babel import Babel

from cocon.signin import passwords

KNOWN = ("lise.morand@ville-grenoble.example", "Lise Morand")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "court",
        "onze-lettre",
        "aaaaaaaaaaaaaaaa",
        "motdepasse2014",
        "MotDePasse-2024!",
        "azertyuiop123456",
        "qwertyuiop-12345",
        "123456789012345",
        "987654321098765",
        "poiuytreza-lkjhgfdsq",
        "demonstration-2014",
        "Bienvenue-2014-Cocon",
        "lise.morand.2014",
        "VilleGrenoble2026",
        "administrateur1234",
        "abababababababab",
        "x" * 257,
    ],
)
def test_guessable_passwords_are_refused(password: str) -> None:
    assert passwords.weakness(password, KNOWN) is not None


@pytest.mark.parametrize(
    "password",
    [
        "un brochet dans le canal",
        "correct cheval pile agrafe",
        "Éléphant-vert-sous-la-pluie",
        "t7Qv!m2#Zr9pLx",
        "lise aime les vieux tramways",
        "k" + "4zR8vW1qT6y" + "L",
        "mélodie " * 30,
    ],
)
def test_good_passwords_pass(password: str) -> None:
    assert passwords.weakness(password, KNOWN) is None


def test_the_sentence_says_what_to_do() -> None:
    app = Flask("sentences")
    Babel(app, default_locale="fr")
    with app.test_request_context():
        assert "12 caractères" in str(passwords.weakness("court"))
        assert "256 caractères" in str(passwords.weakness("x y" * 100))
        assert "Plusieurs mots" in str(passwords.weakness("motdepasse2014"))


@pytest.mark.usefixtures("cheap")
def test_the_same_password_from_two_keyboards() -> None:
    stored = passwords.hashed(unicodedata.normalize("NFC", "Éléphant vert sous la pluie"))
    assert passwords.matches(stored, unicodedata.normalize("NFD", "Éléphant vert sous la pluie"))
    assert not passwords.matches(stored, "Elephant vert sous la pluie")
    assert stored.startswith("$argon2id$")


@pytest.mark.usefixtures("cheap")
def test_without_a_hash_nothing_matches() -> None:
    assert not passwords.matches(None, "nobody")
    assert not passwords.matches("not a hash", "anything")


def test_hashes_are_costly() -> None:
    stored = passwords.hashed("un brochet dans le canal")
    assert "m=65536" in stored
    assert "t=3" in stored
