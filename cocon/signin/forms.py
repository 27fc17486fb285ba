"""Signing in, and choosing a password."""

from __future__ import annotations

from typing import Any

from wtforms import Field, Form, PasswordField
from wtforms.validators import StopValidation

from cocon.kernel.language import _
from cocon.signin.passwords import SHORTEST, weakness
from cocon.web.forms import BaseForm, Line, required


class SignInForm(BaseForm):
    """E-mail and password."""

    email = Line(_("Adresse électronique"), [required(_("Écrivez votre adresse électronique."))], maximum=254)
    password = PasswordField(_("Mot de passe"), [required(_("Écrivez votre mot de passe."))])


def _strong(form: Any, field: Field) -> None:
    refused = weakness(field.data or "", (*form.known, form.name.data or ""))
    if refused:
        raise StopValidation(str(refused))


def _same(form: Any, field: Field) -> None:
    if field.data != form.password.data:
        raise StopValidation(str(_("Les deux mots de passe diffèrent\u202f: écrivez deux fois le même.")))


def _letters(_form: Form, field: Field) -> None:
    if not any(character.isalpha() for character in field.data or ""):
        raise StopValidation(str(_("Écrivez votre prénom et votre nom.")))


class InvitationForm(BaseForm):
    """The name used in acts, and a password twice. ``known`` is what others know of the person."""

    name = Line(
        _("Prénom et nom"),
        [required(_("Écrivez votre prénom et votre nom.")), _letters],
        maximum=120,
        description=_("Tels qu’ils paraîtront dans l’historique des actes."),
    )
    password = PasswordField(
        _("Mot de passe"),
        [_strong],
        description=_(
            "%(n)s caractères au moins. Plusieurs mots sans lien entre eux font un bon mot de passe\u202f; "
            "évitez votre nom et les suites de touches.",
            n=SHORTEST,
        ),
    )
    confirmation = PasswordField(_("Le même mot de passe, une seconde fois"), [_same])

    def __init__(self, formdata: Any = None, known: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(formdata, **kwargs)
        self.known = known
