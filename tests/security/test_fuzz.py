"""No error of the server, whatever comes: every rule × methods × hostile values, bodies and headers × roles.

A request is drawn from a seed that the failure names: ``Fuzz(stage, seed).send()`` plays it again.
"""

from __future__ import annotations

import logging
import random
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import EnvironBuilder, run_wsgi_app

from cocon.policy import Need
from cocon.web import access
from cocon.web.forms import BaseForm
from tests.authorization import stage
from tests.authorization.stage import Stage

pytestmark = [
    pytest.mark.template("schema"),
    pytest.mark.today("2014-06-02"),
    pytest.mark.engines("sqlite"),
]

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW")
#: Most requests use what the address answers to, or nothing but 405 would be played.
WEIGHTS = (36, 40, 4, 2, 4, 4, 4, 3, 3)

NUMBERS = (
    "0",
    "1",
    "-1",
    "2014",
    str(2**31 - 1),
    str(2**31),
    str(2**63),
    "9" * 30,
    "9" * 5000,
    "٣",
    "1e9",
    "1_0",
    "0x1",
)
DAYS = ("0001-01-01", "9999-12-31", "2014-02-30", "31/12/9999", "00/00/0000", "2014-06-30", "2014-13-01T00:00", "--")
MONEY = ("1 000,50", "-0", "1e309", "NaN", "10000000000000", "0,001", "٣€", "1 234.567", "€")
TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ufffe\uffff",
    "\U0001fffe",
    "\u202e\u2066",
    "\ufdfa" * 200,
    "e\u0301" * 50,
    "\r\n\r\nSet-Cookie: a=b",
    "%s%n%(x)s{0}{{7*7}}",
    "' OR 1=1 --",
    '"><script>alert(1)</script>',
    "[" * 900,
    "x" * 300,
    "x" * 70_000,
    "../../etc/passwd",
    "//evil.example",
    "representative",
    "internal",
    "favorable",
    "adopted",
    "on",
)
RAW = ("%00", "%ff%fe", "%ed%a0%80", "%", "%zz", "%2f%2fevil", "..", "%0d%0aX:1", "a" * 3000, "%F0%9F%92%A9", ";", "\\")
TYPES = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    'multipart/form-data; boundary="',
    "application/json",
    "text/plain; charset=utf-16",
    "application/x-www-form-urlencoded; charset=utf-7",
    "image/png",
    "/",
    "",
)
HEADERS: dict[str, tuple[str, ...]] = {
    "HX-Request": ("true", "false", "é"),
    "HX-History-Restore-Request": ("true",),
    "HX-Current-URL": ("http://[", "javascript:0"),
    "Origin": ("null", "http://localhost", "http://[", "https://evil.example"),
    "Sec-Fetch-Site": ("same-origin", "cross-site", "none", "é"),
    "If-None-Match": ('"', "*", 'W/"a", "b', "é", "," * 500),
    "If-Modified-Since": ("Sat, 99 Foo 99999999999 99:99:99", "-1", "0" * 400),
    "Range": ("bytes=9-1", "bytes=-99999999999999999999", "bytes=a-b", "bytes=0-0,0-0"),
    "Accept": ("\xff", "*/*;q=a", "application/json"),
    "Accept-Language": ("xx-\xff;q=9", "*", "fr-" + "a" * 500),
    "Host": ("evil.example", "[", "localhost:99999", "é", "a" * 500),
    "X-Forwarded-For": ("\xff", "1.2.3.4, evil", "::1"),
    "X-Forwarded-Host": ("evil.example",),
    "User-Agent": ("\xff" * 300, "", "Mozilla/5.0 Firefox/" + "9" * 900),
    "Referer": ("javascript:0", "http://["),
    "Content-Length": ("abc", "-1"),
    "Transfer-Encoding": ("chunked", "é"),
    "Cookie": (
        "session=\xff\xfe",
        'session="\\377\\000"',
        "=;=;session",
        "message=eyJ.a.b; session=x",
        "session=" + "a" * 9000,
    ),
    "X-HTTP-Method-Override": ("DELETE",),
}


def _names() -> list[str]:
    """The names of the fields of every form of the house, and those that the guard and the pages read."""
    forms, names = (
        [BaseForm],
        {"mandate", "suite", "modifier", "confirmer", "q", "axe", "statut", "partenaire", "apres"},
    )
    while forms:
        forms += (form := forms.pop()).__subclasses__()
        names |= {name for name in dir(form) if type(getattr(form, name)).__name__ == "UnboundField"}
    more = (
        "avant",
        "fil",
        "du",
        "au",
        "fichier",
        "lignes",
        "changer",
        "afficher",
        "de",
        "a",
        "id",
        "rev",
        "partner_id",
    )
    return sorted(names | set(more) | {"cost_2014", "cost_2016"})


@dataclass
class Fuzz:
    """A request drawn from a seed."""

    stage: Stage
    seed: int
    names: list[str] = field(default_factory=_names)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        self.person = self.draw.choice([*self.stage.cookies])
        self.rule: Rule = self.draw.choice([*self.stage.app.url_map.iter_rules()])
        self.method = self.draw.choices(METHODS, WEIGHTS)[0]
        if self.method == "POST" and "POST" not in (self.rule.methods or ()):
            self.rule = self.draw.choice(
                [r for r in self.stage.app.url_map.iter_rules() if "POST" in (r.methods or ())]
            )

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.method} {self.rule} by {self.person}"

    def value(self) -> str:
        """Something that somebody could send in a field."""
        known = [
            *self.stage.actions.values(),
            *self.stage.consultations.values(),
            *self.stage.comments.values(),
            str(uuid.UUID(int=7)),
        ]
        kind = self.draw.choice(
            (NUMBERS, DAYS, MONEY, TEXTS, TEXTS, known, ("region-rhone-alpes", "ville-grenoble", "1", "2"))
        )
        return self.draw.choice(kind)

    def path(self) -> str:
        """The address of the rule, each place filled with something that fits, or not."""
        parts = []
        for is_place, text in self.rule._trace:
            parts.append(self._place(text) if is_place else text.partition("|")[2] if "|" in text else text)
        path = "".join(parts)
        return (
            path
            if self.draw.random() > 0.03
            else self.draw.choice(("/" + path, path + "/", path + self.draw.choice(RAW)))
        )

    def _place(self, name: str) -> str:
        if self.draw.random() < 0.2:
            return self.draw.choice((self.draw.choice(RAW), quote(self.draw.choice((*NUMBERS, *TEXTS[:9])))))
        stage = self.stage
        kinds = {"consultation_id": stage.consultations, "comment_id": stage.comments, "thread_id": stage.comments}
        targets = kinds.get(name, stage.actions)
        fitting: dict[str, tuple[str, ...]] = {
            "key": ("collectivite-13", "ville-grenoble"),
            "activity": ("proposing", "deciding"),
            "year": ("2014", "2016", "9" * 30),
            "number": ("1", "2", "9" * 30),
            "seq": ("0", "1", "40", str(2**31), "9" * 30),
            "token": ("unknown",),
            "filename": ("app.css", "..%2f..%2fcocon.db"),
        }
        return self.draw.choice(fitting.get(name, tuple(targets.values())))

    def fields(self) -> list[tuple[str, str]]:
        """A form: its guards mostly right, its fields anything, some of them twice."""
        chosen = self.draw.choices(self.names, k=self.draw.randrange(14))
        pairs = [(name, self.value()) for name in chosen]
        if self.draw.random() < 0.95:
            pairs.append(("csrf_token", self.stage.tokens[self.person]))
        key = self.draw.choice((uuid.UUID(int=self.draw.getrandbits(128)).hex, "one-key-for-all", self.value()))
        pairs.append(("idempotency_key", key))
        if self.draw.random() < 0.6:
            pairs.append(("version", self.draw.choice(("0", "1", "2", "3"))))
        return pairs

    def body(self) -> tuple[bytes, str]:
        """A body and its type, which mostly agree."""
        chance, pairs = self.draw.random(), self.fields()
        if chance < 0.85:
            return urlencode(pairs).encode(), TYPES[0]
        if chance < 0.92:
            return _multipart(pairs), self.draw.choice(TYPES[1:4])
        if chance < 0.95:
            return urlencode(pairs).encode() + b"&" + self.draw.randbytes(40), TYPES[0]
        if chance < 0.96:
            return b"a=" + b"x" * (2 * 1024 * 1024 + 1), TYPES[0]
        return self.draw.randbytes(self.draw.randrange(300)), self.draw.choice(TYPES)

    def environ(self) -> dict[str, Any]:
        """What the server would hand over."""
        query = urlencode([(self.draw.choice(self.names), self.value()) for _ in range(self.draw.randrange(3))])
        body, kind = self.body() if self.method not in ("GET", "HEAD") else (b"", "")
        builder = EnvironBuilder(path="/", method=self.method, input_stream=None, data=body)
        environ = builder.get_environ()
        builder.close()
        path = self.path()
        environ |= {"PATH_INFO": _wsgi(path), "RAW_URI": path, "QUERY_STRING": query or self.draw.choice(("", *RAW))}
        environ |= {"CONTENT_TYPE": kind, "HTTP_COOKIE": f"session={self.stage.cookies[self.person]}"}
        for name in self.draw.sample([*HEADERS], self.draw.choice((0, 0, 1, 2))):
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_LENGTH" else f"HTTP_{key}"] = _latin(self.draw.choice(HEADERS[name]))
        return environ

    def send(self) -> tuple[int, bytes]:
        """Play the request: the status and the body."""
        chunks, status, _headers = run_wsgi_app(self.stage.app.wsgi_app, self.environ(), buffered=True)
        return int(status.split()[0]), b"".join(chunks)


def _multipart(pairs: list[tuple[str, str]]) -> bytes:
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs]
    return ("".join(parts) + "--b--\r\n").encode(errors="replace")


def _wsgi(path: str) -> str:
    """The path as a server hands it over: percent signs undone, bytes as Latin-1."""
    out, rest = bytearray(), path.encode()
    while rest:
        try:
            out.append(int(rest[1:3], 16) if rest[:1] == b"%" and len(rest) > 2 else rest[0])
            rest = rest[3:] if rest[:1] == b"%" and len(rest) > 2 else rest[1:]
        except ValueError:
            out.append(rest[0])
            rest = rest[1:]
    return out.decode("latin-1")


def _latin(text: str) -> str:
    return text.encode().decode("latin-1")


def play(app: Flask, seeds: range, caplog: pytest.LogCaptureFixture) -> dict[int, int]:
    """Send the requests of these seeds; how many answers of each status. Fails on the first error of the server."""
    played, seen = stage.build(app), dict[int, int]()
    app.testing = False
    names = _names()
    with caplog.at_level(logging.WARNING):
        for seed in seeds:
            one = Fuzz(played, seed, names)
            status, body = one.send()
            seen[status] = seen.get(status, 0) + 1
            faults = [record.getMessage() for record in caplog.records if record.exc_info or record.levelno >= 40]
            assert status < 500, f"{one}: {status} {faults}"
            assert not faults, f"{one}: {faults}"
            assert b"Traceback" not in body, str(one)
            caplog.clear()
    return seen


def test_no_request_makes_an_error_of_the_server(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    seen = play(app, range(4_000), caplog)
    assert {200, 303, 403, 404, 405, 409, 413, 422} <= set(seen), f"the grammar does not reach everything: {seen}"
    assert seen[200] + seen[303] > 800


def test_the_fuzz_finds_what_breaks(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """The negative control: a view that cannot count beyond what a column holds."""

    @access.needs(Need.PUBLIC)
    def fragile() -> str:
        raise OverflowError("Python int too large")

    app.view_functions["site.home"] = fragile
    with pytest.raises(AssertionError, match="OverflowError"):
        play(app, range(2_000), caplog)


@pytest.mark.soak
def test_a_million_requests(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    assert sum(play(app, range(1_000_000), caplog).values()) == 1_000_000
