"""A client that behaves like a browser of modest means and refuses pages that are badly made."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask

from tests.support import pages

Data = Mapping[str, object]
KEYS = ("csrf_token", "idempotency_key")


class Answer:
    """One answer, read to its end."""

    def __init__(self, response: Any, url: str, htmx: bool) -> None:
        self.url = url
        self.htmx = htmx
        self.status: int = response.status_code
        self.headers = response.headers
        self.body: bytes = response.get_data()
        response.close()

    @property
    def is_html(self) -> bool:
        """Whether a browser would show it as a page or a part."""
        said = str(self.headers.get("Content-Type", ""))
        return said.startswith("text/html") and self.body != b"" and self.status // 100 != 3

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def location(self) -> str:
        """Where a redirection leads."""
        return str(self.headers["Location"])

    @cached_property
    def html(self) -> BeautifulSoup:
        """The body as a tree."""
        return BeautifulSoup(self.text, "html.parser")

    def select(self, selector: str) -> list[Tag]:
        """The elements that a CSS selector finds."""
        return list(self.html.select(selector))

    def select_one(self, selector: str) -> Tag:
        """The only element that a CSS selector finds."""
        found = self.select(selector)
        assert len(found) == 1, f"{len(found)} elements « {selector} » at {self.url} instead of one"
        return found[0]

    def words(self, selector: str = "main") -> str:
        """The visible text of the only such element, each run of spaces as one."""
        return pages.words(self.select_one(selector).get_text(" "))

    def form(self, action: str) -> Tag | None:
        """The form that posts to an address, if the page has it."""
        path = urlsplit(action).path
        forms = self.select("form[method=post]") if self.is_html else []
        return next((form for form in forms if urlsplit(str(form["action"])).path == path), None)


class Client:
    """Gets and posts, keeps the last page, and fills in what its forms carry.

    ``status`` is the status demanded: 200 for a get, 303 for a post (200 with htmx); None accepts any.
    """

    def __init__(self, app: Flask) -> None:
        self.http = app.test_client()
        self.signed_in = False
        self.page: Answer | None = None
        self.part: Answer | None = None

    def get(self, url: str, *, htmx: bool = False, status: int | None = 200) -> Answer:
        """Fetch a page, or with ``htmx`` a part."""
        return self._keep(self.http.get(url, headers=_headers(htmx)), url, htmx, status)

    def post(self, url: str, data: Data | None = None, *, htmx: bool = False, status: int | None = -1) -> Answer:
        """Send fields, with the hidden ones of the form that the last page has for this address.

        Without such a form the token comes from any form of the page and the key is new.
        A field given as None is left out.
        """
        fields = {**self._hidden(url), **(data or {})}
        sent = {name: value for name, value in fields.items() if value is not None}
        wanted = (200 if htmx else 303) if status == -1 else status
        return self._keep(self.http.post(url, data=sent, headers=_headers(htmx)), url, htmx, wanted)

    def submit(self, url: str, data: Data | None = None, *, htmx: bool = False, status: int | None = -1) -> Answer:
        """Do what a person can: the page must have this form, and each field must be in it."""
        form = self._form(url)
        assert form is not None, f"no form posts to {url} on {self.page.url if self.page else 'any page'}"
        known = {str(field["name"]) for field in form.select("[name]")}
        unknown = set(data or {}) - known
        assert not unknown, f"the form {url} has no field {sorted(unknown)}, but {sorted(known)}"
        return self.post(url, {**_filled(form), **(data or {})}, htmx=htmx, status=status)

    def follow(self, answer: Answer) -> Answer:
        """Go where a redirection leads."""
        assert answer.status == 303, f"{answer.status} at {answer.url} is no 303"
        return self.get(answer.location)

    def sign_in(self, email: str, password: str = "demonstration-2014") -> Answer:
        """Open a session as this person; the workspace comes back."""
        self.get("/connexion")
        answer = self.submit("/connexion", {"email": email, "password": password})
        self.signed_in = True
        return self.follow(answer)

    def sign_out(self) -> Answer:
        """Close the session, from the page of the account."""
        self.get("/compte")
        answer = self.submit("/deconnexion")
        self.signed_in = False
        return answer

    def _form(self, url: str) -> Tag | None:
        found = (seen.form(url) for seen in (self.part, self.page) if seen)
        return next((form for form in found if form), None)

    def _hidden(self, url: str) -> dict[str, object]:
        form = self._form(url)
        if form:
            return {str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden][name][value]")}
        return {"csrf_token": self._token(), "idempotency_key": uuid.uuid4().hex}

    def _token(self) -> str | None:
        found = self.page.html.select_one("input[name=csrf_token]") if self.page and self.page.is_html else None
        return str(found["value"]) if found else None

    def _keep(self, response: Any, url: str, htmx: bool, status: int | None) -> Answer:
        answer = Answer(response, url, htmx)
        assert status in (None, answer.status), f"{answer.status} at {url} instead of {status}\n{_gist(answer)}"
        if answer.is_html:
            self._check(answer)
            self.part = answer if htmx else None
            self.page = self.page if htmx else answer
        return answer

    def _check(self, answer: Answer) -> None:
        faults = pages.part_source_faults(answer.text) if answer.htmx else pages.page_faults(answer.text)
        if "HX-Request" not in answer.headers.get("Vary", ""):
            faults.append("Vary does not name HX-Request")
        if self.signed_in and "no-store" not in answer.headers.get("Cache-Control", ""):
            faults.append("a page of a signed-in person may be stored")
        assert not faults, f"{answer.status} {answer.url}:\n" + "\n".join(faults)


def _headers(htmx: bool) -> dict[str, str]:
    return {"HX-Request": "true"} if htmx else {}


def _filled(form: Tag) -> dict[str, object]:
    """What a browser would send if nobody touched the form."""
    fields: dict[str, Any] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        for value in _values(field):
            fields.setdefault(str(field["name"]), []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items() if name not in KEYS}


def _values(field: Tag) -> list[str]:
    if field.has_attr("disabled") or field.get("type") in ("submit", "button", "image", "reset", "file"):
        return []
    if field.name == "textarea":
        return [field.get_text().removeprefix("\n")]
    if field.name == "select":
        return _chosen(field)
    if field.get("type") in ("checkbox", "radio"):
        return [str(field.get("value", "on"))] if field.has_attr("checked") else []
    return [str(field.get("value", ""))]


def _chosen(field: Tag) -> list[str]:
    options = field.select("option")
    chosen = [option for option in options if option.has_attr("selected")]
    if not chosen and not field.has_attr("multiple"):
        chosen = options[:1]
    return [str(option.get("value", option.get_text())) for option in chosen]


def _gist(answer: Answer) -> str:
    return pages.words(answer.html.get_text(" "))[:600] if answer.is_html else answer.text[:600]
