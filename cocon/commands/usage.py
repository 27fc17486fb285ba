"""What is wrong with a command line, in one French sentence."""

from __future__ import annotations

import click


def sentence(error: click.UsageError) -> str:
    """The sentence, without a capital nor a final dot."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return "indiquez une commande"
    if isinstance(error, click.exceptions.NoSuchCommand):
        return f"la commande « {error.command_name} » n’existe pas"
    if isinstance(error, click.NoSuchOption):
        return f"l’option « {error.option_name} » n’existe pas"
    if isinstance(error, click.MissingParameter):
        return f"il manque {_name(error)}{_expected(error.param)}"
    if isinstance(error, click.BadParameter):
        return f"la valeur donnée à {_name(error)} n’est pas valable{_expected(error.param)}"
    return "la ligne de commande n’est pas comprise"


def _name(error: click.BadParameter) -> str:
    param = error.param
    if param is None:
        return "un paramètre"
    return param.opts[0] if isinstance(param, click.Option) else param.make_metavar(error.ctx or _nowhere())


def _nowhere() -> click.Context:
    return click.Context(click.Command(None))


def _expected(param: click.Parameter | None) -> str:
    kind = param.type if param else None
    if isinstance(kind, click.Choice):
        return f" ({', '.join(map(str, kind.choices))})"
    if isinstance(kind, click.IntRange):
        most = f" à {kind.max}" if kind.max is not None else " au moins"
        return f" (un nombre entier, {kind.min}{most})"
    if isinstance(kind, click.DateTime):
        return " (une date, AAAA-MM-JJ)"
    return ""
