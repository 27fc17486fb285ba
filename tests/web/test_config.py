"""Settings: production refuses what would betray its users, naming the setting."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cocon.config import DEVELOPMENT_SECRET, Config, Misconfigured, new_secret

SOUND = {
    "COCON_ENV": "production",
    "COCON_SECRET_KEY": "a-secret-of-this-installation-only-0123456789",
    "COCON_PUBLIC_URL": "https://cocon.example",
    "COCON_LOG_KEY_FILE": "/etc/cocon/log.key",
}


def test_development_needs_nothing() -> None:
    config = Config.from_env({})
    assert not config.production
    assert config.public_url == "http://127.0.0.1:8000"
    assert config.database_url == f"sqlite:///{Path('var').resolve() / 'cocon.db'}"
    assert config.origin == "localhost/journal"
    assert config.secret_key == DEVELOPMENT_SECRET
    assert config.today is None


def test_production_starts_when_sound() -> None:
    config = Config.from_env(SOUND)
    assert config.production
    assert config.origin == "cocon.example/journal"
    assert config.log_key_file == Path("/etc/cocon/log.key")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("COCON_SECRET_KEY", ""),
        ("COCON_SECRET_KEY", DEVELOPMENT_SECRET),
        ("COCON_SECRET_KEY", "short"),
        ("COCON_PUBLIC_URL", ""),
        ("COCON_PUBLIC_URL", "http://cocon.example"),
        ("COCON_PUBLIC_URL", "https://"),
        ("COCON_PUBLIC_URL", "cocon.example"),
        ("COCON_LOG_KEY_FILE", ""),
        ("COCON_TODAY", "2014-06-01"),
        ("COCON_ENV", "staging"),
        ("COCON_TRUSTED_PROXIES", "many"),
    ],
)
def test_production_refuses(setting: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=setting):
        Config.from_env(SOUND | {setting: value})


@pytest.mark.parametrize("typed", ["today", "01/06/2014", "2014-02-30", "20140601", "2014-W23-1"])
def test_a_date_is_written_as_such(typed: str) -> None:
    with pytest.raises(Misconfigured, match="COCON_TODAY"):
        Config.from_env({"COCON_TODAY": typed})
    assert Config.from_env({"COCON_TODAY": "2014-06-01"}).today == date(2014, 6, 1)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_postgresql_is_spoken_to_by_its_driver(scheme: str) -> None:
    config = Config.from_env(
        {"COCON_DATABASE_URL": f"{scheme}://a@b/c", "COCON_DATABASE_OWNER_URL": f"{scheme}://o@b/c"}
    )
    assert config.database_url == "postgresql+psycopg://a@b/c"
    assert config.owner_url == "postgresql+psycopg://o@b/c"


@pytest.mark.parametrize("url", ["mysql://a@b/c", "garbage", "sqlite://", "postgresql"])
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="COCON_DATABASE_URL"):
        Config.from_env({"COCON_DATABASE_URL": url})
    with pytest.raises(Misconfigured, match="COCON_DATABASE_OWNER_URL"):
        Config.from_env({"COCON_DATABASE_OWNER_URL": url})


def test_new_secrets_are_long_and_differ() -> None:
    assert len(new_secret()) >= 32
    assert new_secret() != new_secret()
