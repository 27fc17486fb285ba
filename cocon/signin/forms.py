"""Signing in, and choosing a password."""

from __future__ import annotations

from typing import Any

from wtforms import Field, Form, PasswordField
from wtforms.validators import StopValidation

from cocon.kernel.language import _
from cocon.signin.accounts import MINIMUM_LENGTH
from cocon.web.forms import BaseForm, Line, required


class SignInForm(BaseForm):
    """E-mail and password."""

    email = Line(_("Adresse électronique"), [required(_("Écrivez votre adresse électronique."))], maximum=254)
    password = PasswordField(_("Mot de passe"), [required(_("Écrivez votre mot de passe."))])


def _long_enough(_form: Form, field: Field) -> None:
    if not MINIMUM_LENGTH <= len(field.data or "") <= 256:
        raise StopValidation(str(_("Choisissez un mot de passe de %(n)s caractères au moins.", n=MINIMUM_LENGTH)))


def _same(form: Any, field: Field) -> None:
    if field.data != form.password.data:
        raise StopValidation(str(_("Les deux mots de passe diffèrent\u202f: écrivez deux fois le même.")))


class InvitationForm(BaseForm):
    """The name used in acts, and a password twice."""

    name = Line(_("Prénom et nom"), [required(_("Écrivez votre prénom et votre nom."))], maximum=120)
    password = PasswordField(_("Mot de passe"), [_long_enough])
    confirmation = PasswordField(_("Le même mot de passe, une seconde fois"), [_same])
