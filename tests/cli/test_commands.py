"""The ``cocon`` command as people and scripts use it: what it prints, where, and its exit status."""

from __future__ import annotations

import re
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from cocon.actions.models import Action
from cocon.audit import opening
from cocon.config import Misconfigured
from cocon.decisions.models import Consultation
from cocon.decisions.queries import OUTCOMES
from cocon.discussion.models import Comment
from cocon.funding.models import Contribution, Tranche
from cocon.kernel.actor import SYSTEM
from cocon.kernel.db import db
from tests.support.databases import Databases, Instance, close
from tests.support.server import free_port

NOWHERE = "sqlite:////nowhere/at/all.db"
OK = re.compile(r"ok entries=(\d+) root=[0-9a-f]{64}")


def last_line(text: str) -> str:
    return text.splitlines()[-1]


@pytest.fixture
def durable(instance: Instance, databases: Databases) -> Iterator[None]:
    """A database that keeps what it confirms; that of the other tests does not wait for the disk."""
    if instance.engine == "sqlite":
        yield
        return
    databases.cluster.wait_for_disk(True)
    yield
    databases.cluster.wait_for_disk(False)


@pytest.mark.template("schema")
def test_init_loads_the_contract_once(instance: Instance) -> None:
    instance.cocon("init")
    first = last_line(instance.cocon("audit", "verify").stdout)
    instance.cocon("init")
    assert last_line(instance.cocon("audit", "verify").stdout) == first
    assert OK.fullmatch(first)


@pytest.mark.template("demo")
def test_the_demonstration_is_whole_and_added_once(instance: Instance) -> None:
    first = last_line(instance.cocon("audit", "verify").stdout)
    found = OK.fullmatch(first)
    assert found
    assert int(found[1]) > 500
    instance.cocon("demo")
    assert last_line(instance.cocon("audit", "verify").stdout) == first


@pytest.mark.template("demo")
def test_the_demonstration_has_every_state_and_many_funders(app: Flask) -> None:
    def kinds(*columns: Any) -> set[Any]:
        return set(db.session.scalars(select(*columns).distinct()))

    with app.app_context():
        assert (db.session.scalar(select(func.count()).select_from(Action)) or 0) >= 24
        assert len(kinds(Action.axis_id)) == 3
        assert kinds(Action.maturity) >= {"shared", "withdrawn", "merged"}
        assert kinds(Action.decision) >= {"none", "open", *OUTCOMES}
        funders = select(Contribution.partner_id).join(Tranche).where(Tranche.amount > 0)
        assert len(set(db.session.scalars(funders))) >= 12
        assert kinds(Tranche.year) == {2014, 2015, 2016}
        assert {ended is None for ended in kinds(Consultation.pronounced_at)} == {True, False}
        assert db.session.scalar(select(func.count()).select_from(Comment))


@pytest.mark.template("reference")
@pytest.mark.usefixtures("durable")
def test_the_demonstration_is_refused_in_production_and_after_other_acts(instance: Instance, tmp_path: Path) -> None:
    key = tmp_path / "log.key"
    key.write_bytes(b"\x07" * 32)
    refused = instance.cocon(
        "demo",
        check=False,
        COCON_ENV="production",
        COCON_TODAY="",
        COCON_PUBLIC_URL="https://contrat.example.fr",
        COCON_LOG_KEY_FILE=str(key),
    )
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "production" in refused.stderr
    instance.cocon("person", "invite", "quelqu.un@example.fr", "--role", "auditor")
    refused = instance.cocon("demo", check=False)
    assert refused.returncode == 1
    assert "d’autres actes" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.template("schema")
def test_nothing_is_served_on_the_schema_of_another_version(instance: Instance, app: Flask) -> None:
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = '0060'"))
        db.session.commit()
    for command in (("serve", "--port", str(free_port())), ("worker", "--once")):
        refused = instance.cocon(*command, check=False)
        assert refused.returncode == 1
        assert refused.stderr.strip().endswith("lancez d’abord « cocon init ».")
        assert "autre version" in refused.stderr


@pytest.mark.template("reference")
def test_an_invitation_is_a_link_that_a_second_one_replaces(instance: Instance) -> None:
    arguments = ("person", "invite", "a@example.fr", "--role", "representative", "--partner", "cg-isere")
    links = [instance.cocon(*arguments).stdout.strip() for _time in range(2)]
    assert all(re.fullmatch(r"http://\S+/invitation/[\w-]{43}", link) for link in links)
    assert links[0] != links[1]
    assert last_line(instance.cocon("audit", "verify").stdout).startswith("ok entries=5 "), "one mandate, not two"


@pytest.mark.template("reference")
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--role", "representative"), 1),
        (("--role", "auditor", "--partner", "cg-isere"), 1),
        (("--role", "reader", "--partner", "nobody"), 1),
        (("--role", "king"), 2),
        (("--role", "auditor", "--from", "yesterday"), 2),
        (("--role", "auditor", "--from", "2014-05-01", "--until", "2014-04-01"), 1),
    ],
)
@pytest.mark.engines("sqlite")
def test_a_wrong_invitation_is_refused_in_a_sentence(
    instance: Instance, arguments: tuple[str, ...], status: int
) -> None:
    refused = instance.cocon("person", "invite", "a@example.fr", *arguments, check=False)
    assert refused.returncode == status
    assert refused.stdout == ""
    assert refused.stderr.strip()
    assert "Traceback" not in refused.stderr


@pytest.mark.template("schema")
def test_every_table_is_audited_log_or_free(instance: Instance) -> None:
    lines = instance.cocon("audit", "tables").stdout.split("\n")[:-1]
    kinds = {line.split(" ")[1]: line.split(" ")[0] for line in lines}
    assert {name for name, kind in kinds.items() if kind == "log"} == {
        "log_change",
        "log_checkpoint",
        "log_disclosure",
        "log_entry",
        "log_head",
        "log_tile",
    }
    free = {name for name, kind in kinds.items() if kind == "free" and not name.startswith("action_words")}
    assert free == {
        "action_search",
        "alembic_version",
        "draft",
        "idempotency_key",
        "import_sheet",
        "invitation",
        "mention_seen",
        "password",
        "presence",
        "saved_view",
        "simulation",
        "suggestion_seen",
        "throttle",
        "web_session",
    }
    assert {"tranche", "position", "comment", "mandate"} <= {n for n, kind in kinds.items() if kind == "audited"}


@pytest.mark.template("demo")
@pytest.mark.engines("sqlite")
def test_one_byte_changed_with_sqlite3_is_named(instance: Instance) -> None:
    """What a reviewer does: open the file with another client, change an amount, ask."""
    client = sqlite3.connect(instance.data / "cocon.db", isolation_level=None)
    row_id, amount = client.execute("SELECT id, amount FROM tranche WHERE amount > 0 ORDER BY id LIMIT 1").fetchone()
    with pytest.raises(sqlite3.IntegrityError):
        client.execute("UPDATE tranche SET amount = ? WHERE id = ?", (amount + 1, row_id))
    client.execute("UPDATE tranche SET amount = ?, rev = rev + 1 WHERE id = ?", (amount + 1, row_id))
    client.close()
    refused = instance.cocon("audit", "verify", check=False)
    assert refused.returncode == 1
    assert last_line(refused.stdout).startswith(f"wrong: table tranche row {row_id}, column amount")


@pytest.mark.template("demo")
def test_a_bundle_leaves_the_house_and_verifies_offline(instance: Instance, tmp_path: Path) -> None:
    bundle, proof = tmp_path / "dossier.zip", tmp_path / "preuve.zip"
    note = instance.cocon("audit", "checkpoint").stdout
    assert note.startswith("localhost/journal\n")
    instance.cocon("audit", "export", bundle)
    instance.cocon("audit", "prove", "17", "-o", proof)
    kept = tmp_path / "point.txt"
    kept.write_text(note, encoding="utf-8")
    for path in (bundle, proof):
        alone = instance.cocon("verify", path, COCON_DATABASE_URL=NOWHERE)
        assert last_line(alone.stdout).endswith(" coherent")
    for more in ([kept], [kept, kept], [kept, "--checkpoint", kept]):
        held = instance.cocon("verify", bundle, "--checkpoint", *more, COCON_DATABASE_URL=NOWHERE)
        assert last_line(held.stdout).endswith(" authentic")


@pytest.mark.template("demo")
@pytest.mark.engines("sqlite")
def test_exporting_until_an_entry(instance: Instance, tmp_path: Path) -> None:
    path = tmp_path / "debut.zip"
    instance.cocon("audit", "export", path, "--until", "99")
    assert last_line(instance.cocon("verify", path).stdout).startswith("ok entries=100 ")


@pytest.mark.template("reference")
@pytest.mark.engines("sqlite")
def test_a_second_key_signs_too(instance: Instance) -> None:
    assert instance.cocon("audit", "key", "new").stdout.startswith("localhost/journal+")
    note = instance.cocon("audit", "checkpoint").stdout
    assert note.count("— localhost/journal ") == 2
    assert OK.fullmatch(last_line(instance.cocon("audit", "verify").stdout))


@pytest.mark.engines("sqlite")
def test_every_command_has_help(instance: Instance) -> None:
    families = {
        (): ("init", "demo", "serve", "worker", "person", "audit", "verify", "bench"),
        ("audit",): ("verify", "tables", "checkpoint", "export", "key", "prove"),
        ("person",): ("invite",),
        ("bench",): ("generate",),
    }
    for family, commands in families.items():
        for command in commands:
            assert "Usage" in instance.cocon(*family, command, "--help").stdout


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "indiquez une commande"),
        ("audit", "indiquez une commande"),
        ("foo", "la commande « foo » n’existe pas"),
        ("init --foo", "l’option « --foo » n’existe pas"),
        ("audit prove", "il manque SEQ (un nombre entier, 0 au moins)"),
        ("audit prove 3", "il manque -o"),
        ("serve --port a", "la valeur donnée à --port n’est pas valable (un nombre entier, 1 à 65535)"),
        ("person invite a@b.fr --role auditor --from 3", "la valeur donnée à --from n’est pas valable (une date"),
        ("verify a b", "un seul chemin est vérifié à la fois : « b » est de trop"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_sentence(instance: Instance, line: str, said: str) -> None:
    done = instance.cocon(*line.split(), check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"cocon : {said}")
    assert re.fullmatch(r"cocon : [^\n]* ; voir « cocon[a-z ]* --help »\.\n", done.stderr)


@pytest.mark.template("reference")
@pytest.mark.engines("sqlite")
def test_an_invitation_leads_where_the_folder_is_served(databases: Databases, tmp_path: Path) -> None:
    with databases.copy("sqlite", "reference", tmp_path / "data") as instance:
        (instance.data / ".adresse").write_text("http://127.0.0.1:8123\n", encoding="utf-8")
        told = {"COCON_PUBLIC_URL": "http://127.0.0.1:9000"}
        for more, address in ((told, "http://127.0.0.1:9000"), ({"COCON_PUBLIC_URL": ""}, "http://127.0.0.1:8123")):
            link = instance.cocon("person", "invite", "a@b.fr", "--role", "auditor", **more).stdout
            assert link.startswith(f"{address}/invitation/")


@pytest.mark.engines("sqlite")
def test_a_missing_database_is_said_in_one_sentence(databases: Databases, tmp_path: Path) -> None:
    instance = Instance("sqlite", "none", tmp_path, f"sqlite:///{tmp_path / 'empty.db'}")
    refused = instance.cocon("audit", "verify", check=False)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr


@pytest.mark.template("demo")
@pytest.mark.engines("sqlite")
def test_synthetic_data_go_through_the_operations(databases: Databases, tmp_path: Path) -> None:
    with databases.copy("sqlite", "reference", tmp_path / "data") as instance:
        instance.cocon("bench", "generate", "--actions", "3")
        assert OK.fullmatch(last_line(instance.cocon("audit", "verify").stdout))


@pytest.mark.template("demo")
@pytest.mark.engines("sqlite")
def test_a_command_without_a_date_stays_in_simulated_time(instance: Instance) -> None:
    instance.cocon("person", "invite", "a@example.fr", "--role", "auditor", COCON_TODAY="")
    with sqlite3.connect(instance.data / "cocon.db") as client:
        last = client.execute("SELECT at FROM log_entry ORDER BY seq DESC LIMIT 1").fetchone()[0]
    client.close()
    assert last.startswith("2015-06-"), last


@pytest.mark.template("reference")
@pytest.mark.engines("sqlite")
def test_half_a_demonstration_is_not_taken_for_one(instance: Instance) -> None:
    app = instance.app()
    with app.app_context():
        opening.start_demo(SYSTEM, None)
    close(app)
    refused = instance.cocon("demo", check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "d’autres actes" in refused.stderr


@pytest.mark.template("reference")
@pytest.mark.engines("sqlite")
def test_a_lost_key_is_not_made_again_on_a_log_that_has_one(instance: Instance) -> None:
    (instance.data / "log.key").unlink()
    assert "déjà en place" in instance.cocon("init").stdout
    assert not (instance.data / "log.key").exists()


@pytest.mark.template("reference")
@pytest.mark.engines("sqlite")
def test_errors_are_one_french_sentence(instance: Instance, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        nowhere = {"COCON_DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}"}
        for status, word, arguments, settings in (
            (1, "déjà pris", ("serve", "--port", port), {}),
            (1, "écouter sur", ("serve", "--host", "192.0.2.1"), {}),
            (1, "COCON_DATABASE_URL", ("audit", "verify"), {"COCON_DATABASE_URL": "mysql://x"}),
            (1, "n’est pas installée", ("serve",), nowhere),
            (
                1,
                "n’est pas installée",
                ("audit", "tables"),
                nowhere,
            ),
            (1, "n’existe pas", ("audit", "export", "/no/such/folder/x.zip"), {}),
            (2, "--help", ("audit", "prove", "many", "-o", "x"), {}),
            (2, "--help", ("no-such-command",), {}),
        ):
            refused = instance.cocon(*arguments, check=False, **settings)
            assert (refused.returncode, refused.stdout) == (status, ""), arguments
            assert word in refused.stderr, refused.stderr
            assert len(refused.stderr.splitlines()) == 1, refused.stderr


@pytest.mark.template("reference")
@pytest.mark.engines("postgresql")
@pytest.mark.usefixtures("durable")
def test_production_refuses_a_database_that_forgets(instance: Instance, databases: Databases, tmp_path: Path) -> None:
    """By every door: the command, the worker, and the application that a WSGI server loads."""
    key = tmp_path / "log.key"
    key.write_bytes((instance.data / "log.key").read_bytes())
    settings = {
        "COCON_ENV": "production",
        "COCON_TODAY": "",
        "COCON_PUBLIC_URL": "https://contrat.example.fr",
        "COCON_LOG_KEY_FILE": str(key),
    }
    close(instance.app(**settings))
    databases.cluster.rows(instance.name, f"ALTER DATABASE {instance.name} SET synchronous_commit = off")
    for arguments in (("serve",), ("worker", "--once")):
        refused = instance.cocon(*arguments, check=False, **settings)
        assert refused.returncode == 1
        assert "synchronous_commit" in refused.stderr
    with pytest.raises(Misconfigured, match="synchronous_commit"):
        instance.app(**settings)
