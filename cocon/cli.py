"""The ``cocon`` command. Errors go to stderr in one sentence; exit status 1 (refused or false) or 2 (usage)."""

from __future__ import annotations

import errno
import os
import socket
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import Flask
from sqlalchemy.exc import OperationalError, ProgrammingError

from cocon.config import Config, Misconfigured
from cocon.kernel.refusal import Refusal

ROLES = ("representative", "deputy", "contributor", "reader", "secretariat", "facilitator", "auditor", "admin")


def fail(sentence: str, status: int = 1) -> NoReturn:
    """Say why on stderr and stop."""
    click.echo(f"cocon : {sentence}", err=True)
    sys.exit(status)


def application() -> Flask:
    """The application with the environment's settings; on a demonstration, at its date unless told otherwise."""
    from cocon.app import create_app

    app = create_app(Config.from_env(os.environ))
    if not (app.extensions["cocon"].production or app.extensions["cocon"].today):
        keep_simulated_time(app)
    return app


def keep_simulated_time(app: Flask) -> None:
    """Time does not run from a simulated day to the real one by a mere command: later acts would follow it."""
    from cocon.audit.simulated import last_day
    from cocon.kernel import clock

    with app.app_context():
        day = last_day()
    if day is not None:
        os.environ["COCON_TODAY"] = day.isoformat()  # for the processes that this one starts
        clock.pretend_today(day)


def installed_application() -> Flask:
    """The application, on a database that ``cocon init`` prepared."""
    from cocon.kernel import schema

    app = application()
    with app.app_context():
        if not schema.is_there():
            fail("la base de données n’est pas installée : lancez d’abord « cocon init ».")
    return app


def current_application() -> Flask:
    """The application, on a database of this version's schema."""
    from cocon.audit import migrated
    from cocon.kernel import schema

    app = installed_application()
    with app.app_context():
        if not schema.is_current() or migrated.untold():
            fail("la base de données est celle d’une autre version : lancez d’abord « cocon init ».")
    return app


def said(error: OSError) -> str:
    """The reason of a refusal of the system, in French where people meet it."""
    reasons = {
        errno.ENOENT: "le dossier ou le fichier n’existe pas",
        errno.EACCES: "l’accès est refusé",
        errno.EPERM: "l’accès est refusé",
        errno.EADDRINUSE: "le port est déjà pris",
        errno.EADDRNOTAVAIL: "cette adresse n’est pas celle de la machine",
        errno.ENOSPC: "le disque est plein",
        errno.ENOTDIR: "un élément du chemin n’est pas un dossier",
        errno.EISDIR: "c’est un dossier",
        socket.EAI_NONAME: "ce nom est inconnu",
    }
    return reasons.get(error.errno or 0, error.strerror or str(error))


class Sober(click.Group):
    """A group whose commands end in one sentence instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (Misconfigured, Refusal) as error:
            fail(str(error))
        except (OperationalError, ProgrammingError) as error:
            reason = str(error.orig).splitlines()[0]
            fail(f"la base de données ne répond pas ou n’est pas installée (« cocon init ») : {reason}")
        except OSError as error:
            fail(f"{error.filename} : {said(error)}." if error.filename else f"{said(error)}.")

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Say what is wrong with a command line in one sentence: click's several lines are for other readers."""
        try:
            return super().main(*arguments, **{**options, "standalone_mode": False})
        except click.UsageError as error:
            from cocon.commands.usage import sentence

            place = error.ctx.command_path if error.ctx else "cocon"
            fail(f"{sentence(error)} ; voir « {place} --help ».", error.exit_code)
        except click.Abort:
            fail("interrompu.")


@click.group(cls=Sober, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Cocon : construire ensemble le plan d’actions d’un contrat, et pouvoir le prouver."""


@main.command()
def init() -> None:
    """Crée ou met à jour le schéma et charge les données du contrat réel. Sans effet la seconde fois."""
    from cocon.audit import checkpoints, migrated, opening
    from cocon.contracts.install import install
    from cocon.kernel import schema

    app = application()
    schema.upgrade(app)
    with app.app_context():
        config: Config = app.extensions["cocon"]
        done = not opening.is_open() and install(config.origin, checkpoints.first_vkey(config))
        migrated.record()
    click.echo("Contrat chargé." if done else "Tout est déjà en place.")


@main.command()
def demo() -> None:
    """Ajoute les comptes et un déroulement fictif, signalé comme tel, en temps simulé."""
    from cocon.demo import course

    app = application()
    if app.extensions["cocon"].production:
        fail("la démonstration est refusée en production.")
    with app.app_context():
        done = course.play()
    click.echo("Démonstration en place." if done else "La démonstration est déjà en place.")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, workers: int) -> None:
    """Le serveur de production."""
    from cocon.commands.server import Server

    current_application()
    demand_free(host, port)
    Server(f"{host}:{port}", workers).run()


def demand_free(host: str, port: int) -> None:
    """Say in one sentence that an address cannot be listened on, before several processes each say it."""
    try:
        family, *_rest, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        fail(f"impossible d’écouter sur {host}, port {port} : {said(error)}. Choisissez une autre adresse (--port).")


@main.command()
@click.option("--once", is_flag=True, help="Un seul passage.")
def worker(once: bool) -> None:
    """Ce qui se fait après coup : points de contrôle signés, ménage des sessions et des clés."""
    from cocon.commands.chores import run

    run(current_application(), once=once)


@main.group()
def person() -> None:
    """Les personnes et leurs mandats."""


@person.command()
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--partner", help="Clé du partenaire.")
@click.option("--name", help="Prénom et nom ; la personne peut les corriger en acceptant.")
@click.option("--from", "starts_on", type=click.DateTime(["%Y-%m-%d"]), help="Premier jour du mandat.")
@click.option("--until", "ends_on", type=click.DateTime(["%Y-%m-%d"]), help="Dernier jour du mandat.")
def invite(
    email: str, role: str, partner: str | None, name: str | None, starts_on: datetime | None, ends_on: datetime | None
) -> None:
    """Crée un mandat et affiche le lien d’invitation (usage unique, 7 jours)."""
    from cocon.commands.people import invite as make_link

    if "@" not in email or len(email) > 254 or any(c.isspace() for c in email):
        fail("l’adresse électronique n’est pas valable.", 2)
    app = application()
    with app.app_context():
        link = make_link(email, role, partner, name, _day(starts_on), _day(ends_on))
    click.echo(f"{_address(app.extensions['cocon'])}{link}")


def _address(config: Config) -> str:
    """The product's address: in development, the one that ``make run`` serves from that folder, unless told."""
    served = config.data / ".adresse"
    if config.production or os.environ.get("COCON_PUBLIC_URL") or not served.is_file():
        return config.public_url
    return served.read_text(encoding="utf-8").strip()


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


@main.group()
def audit() -> None:
    """Le journal : le vérifier, l’exporter, en prouver une entrée."""


@audit.command("verify")
def audit_verify() -> None:
    """Rejoue tout le journal et compare chaque table."""
    from cocon.audit.verify import verify

    with application().app_context():
        report = verify()
    for line in report.lines:
        click.echo(line)
    click.echo(report.last_line)
    sys.exit(0 if report.ok else 1)


@audit.command("tables")
def audit_tables() -> None:
    """Dit de chaque table si le journal la surveille."""
    from sqlalchemy import inspect

    from cocon.kernel.db import db, tables

    with installed_application().app_context():
        kinds = {name: kind for kind in ("audited", "log", "free") for name in tables(kind)}
        for name in sorted(inspect(db.engine).get_table_names()):
            click.echo(f"{kinds.get(name, 'free')} {name}")


@audit.command("checkpoint")
def audit_checkpoint() -> None:
    """Affiche un nouveau point de contrôle signé."""
    from cocon.audit import checkpoints

    with installed_application().app_context():
        click.echo(checkpoints.sign(), nl=False)


@audit.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--until", type=click.IntRange(0), help="Dernière entrée exportée.")
def audit_export(file: Path, until: int | None) -> None:
    """Écrit le dossier de preuves (ZIP)."""
    from cocon.audit.export import export

    with application().app_context():
        export(file, until)


@audit.group("key")
def audit_key() -> None:
    """Les clés de vérification."""


@audit_key.command("new")
def audit_key_new() -> None:
    """Ajoute une clé ; l’ancienne et la nouvelle signent pendant le recouvrement."""
    from cocon.audit import checkpoints

    with installed_application().app_context():
        click.echo(checkpoints.new_key())


@audit.command("prove")
@click.argument("seq", type=click.IntRange(0))
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
def audit_prove(seq: int, output: Path) -> None:
    """Écrit la preuve d’inclusion d’une entrée (ZIP)."""
    from cocon.audit.export import prove

    with application().app_context():
        prove(seq, output)


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--key", type=click.Path(path_type=Path), help="Une clé (vkey) obtenue autrement.")
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    metavar="FILE...",
    type=click.Path(path_type=Path),
    help="Des points de contrôle gardés hors du serveur.",
)
@click.argument("more", metavar="", nargs=-1, type=click.Path(path_type=Path))
def verify(path: Path, key: Path | None, checkpoints: tuple[Path, ...], more: tuple[Path, ...]) -> None:
    """Vérifie un dossier de preuves ou une preuve, hors ligne : ni base, ni réseau, ni réglages."""
    from cocon.audit.offline import verify_path

    if more and not checkpoints:
        fail(f"un seul chemin est vérifié à la fois : « {more[0]} » est de trop ; voir « cocon verify --help ».", 2)
    verdict = verify_path(path, key, [*checkpoints, *more])
    for line in verdict.lines:
        click.echo(line)
    click.echo(verdict.last_line)
    sys.exit(0 if verdict.ok else 1)


@main.group()
def opendata() -> None:
    """Les données ouvertes, aux formats nationaux."""


@opendata.command("subventions")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
def opendata_subventions(output: Path) -> None:
    """Écrit les subventions (SCDL 2.1.1) ; dit sur la sortie d’erreur ce qui n’y figure pas, et pourquoi."""
    _publish("subventions", output)


@opendata.command("deliberations")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
def opendata_deliberations(output: Path) -> None:
    """Écrit les délibérations (SCDL 2.1.5) ; dit sur la sortie d’erreur ce qui n’y figure pas, et pourquoi."""
    _publish("deliberations", output)


def _publish(name: str, output: Path) -> None:
    from cocon.consolidation.opendata import FILES

    with current_application().app_context():
        found = FILES[name]()
        output.write_bytes(found.file)
        for what, why in found.rejected:
            click.echo(f"non publié : {what} : {' ; '.join(map(str, why))}.", err=True)
        click.echo(f"{len(found.rows)} lignes écrites, {len(found.rejected)} non publiées.")


@main.group()
def bench() -> None:
    """Données synthétiques pour les mesures."""


@bench.command("generate")
@click.option("--actions", required=True, type=click.IntRange(1, 100_000))
@click.option("--seed", default=1, show_default=True, type=int)
def bench_generate(actions: int, seed: int) -> None:
    """Crée des fiches synthétiques par les opérations ordinaires."""
    from cocon.demo.generator import generate

    app = application()
    if app.extensions["cocon"].production:
        fail("les données synthétiques sont refusées en production.")
    with app.app_context():
        generate(actions, seed)
