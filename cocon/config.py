"""Settings: one frozen object read from ``COCON_*``. Production refuses what would betray its users."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

DEVELOPMENT_SECRET = "development-secret-not-for-production"  # noqa: S105 - refused in production


class Misconfigured(Exception):
    """The sentence names the setting."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the environment says."""

    env: str
    data: Path
    database_url: str
    owner_url: str | None
    secret_key: str
    public_url: str
    log_key_file: Path
    today: date | None
    proxies: int
    #: The most that an attached file, and all those of a partner, may weigh, in bytes.
    file_largest: int
    files_quota: int
    #: ``host:port`` or the path of a Unix socket of ClamAV; None when files are not scanned.
    clamav: str | None

    @property
    def production(self) -> bool:
        """True when people rely on it."""
        return self.env == "production"

    @property
    def origin(self) -> str:
        """The log's origin line (C2SP tlog-checkpoint): ``<public host>/journal``."""
        host = urlsplit(self.public_url).netloc if self.production else "localhost"
        return f"{host}/journal"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Config:
        """Read and check the settings; raises Misconfigured."""
        mode = env.get("COCON_ENV") or "development"
        if mode not in ("development", "production"):
            raise Misconfigured("COCON_ENV vaut « development » ou « production ».")
        owner = env.get("COCON_DATABASE_OWNER_URL")
        data = Path(env.get("COCON_DATA") or "var").resolve()
        url = env.get("COCON_DATABASE_URL") or f"sqlite:///{data / 'cocon.db'}"
        config = cls(
            env=mode,
            data=data,
            database_url=_driver(url, "COCON_DATABASE_URL"),
            owner_url=_driver(owner, "COCON_DATABASE_OWNER_URL") if owner else None,
            secret_key=env.get("COCON_SECRET_KEY") or DEVELOPMENT_SECRET,
            public_url=(env.get("COCON_PUBLIC_URL") or "http://127.0.0.1:8000").rstrip("/"),
            log_key_file=Path(env.get("COCON_LOG_KEY_FILE") or data / "log.key").resolve(),
            today=_day(env.get("COCON_TODAY"), mode),
            proxies=_count(env.get("COCON_TRUSTED_PROXIES")),
            file_largest=_megabytes(env, "COCON_FILE_LARGEST", 20, 200),
            files_quota=_megabytes(env, "COCON_FILES_QUOTA", 500, 1_000_000),
            clamav=_clamav(env.get("COCON_CLAMAV")),
        )
        if config.production:
            _demand_production(config, env)
        return config


def _driver(url: str, setting: str) -> str:
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("postgresql+psycopg://", "sqlite:///")):
        raise Misconfigured(f"{setting} commence par « postgresql:// » ou « sqlite:/// ».")
    return url


def _count(text: str | None) -> int:
    """How many reverse proxies stand in front, each adding one X-Forwarded-For."""
    if not (text or "0").isdecimal():
        raise Misconfigured("COCON_TRUSTED_PROXIES est un nombre de serveurs mandataires.")
    return int(text or 0)


def _megabytes(env: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
        raise Misconfigured(f"{name} est un nombre entier de mégaoctets, de 1 à {most}.")
    return int(text) * 1024 * 1024


def _clamav(text: str | None) -> str | None:
    if not text:
        return None
    host, _colon, port = text.rpartition(":")
    if not text.startswith("/") and not (host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise Misconfigured("COCON_CLAMAV s’écrit hôte:port, ou donne le chemin d’un socket Unix.")
    return text


def _day(text: str | None, mode: str) -> date | None:
    if not text:
        return None
    if mode == "production":
        raise Misconfigured("COCON_TODAY est réservé au développement et aux tests.")
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Misconfigured("COCON_TODAY s’écrit AAAA-MM-JJ.")


def _demand_production(config: Config, env: Mapping[str, str]) -> None:
    if config.secret_key == DEVELOPMENT_SECRET or len(config.secret_key) < 32:
        raise Misconfigured(
            "COCON_SECRET_KEY doit être un secret d’au moins 32 caractères, propre à cette installation."
        )
    url = urlsplit(config.public_url)
    if url.scheme != "https" or not url.hostname:
        raise Misconfigured("COCON_PUBLIC_URL doit être une adresse https.")
    if not env.get("COCON_LOG_KEY_FILE"):
        raise Misconfigured("COCON_LOG_KEY_FILE doit nommer la clé Ed25519 du journal.")


def new_secret() -> str:
    """A secret fit for COCON_SECRET_KEY."""
    return secrets.token_urlsafe(48)
