"""What a form carries, read at once and strictly: UTF-8 or nothing, so many fields, so much text."""

from __future__ import annotations

from typing import IO, Any

from flask import Request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

URLENCODED = "application/x-www-form-urlencoded"
#: How much text a form may hold: a million characters in one field, whatever the alphabet, and the rest of the form.
TEXT = 5 * 1024 * 1024
#: How much longer a byte is once it is written ``%C3``.
WRITTEN = 3
MOST_FIELDS = 5000


class Parser(FormDataParser):
    """Werkzeug's, but for what browsers send by default, which the standard library takes seconds to decode."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> Any:
        """The fields of the form; raises BadRequest, RequestEntityTooLarge."""
        if mimetype != URLENCODED:
            return super().parse(stream, mimetype, content_length, options)
        data = stream.read()
        if data.count(b"&") >= MOST_FIELDS:
            raise RequestEntityTooLarge
        try:
            fields = [_pair(one) for one in data.split(b"&") if one]
        except UnicodeDecodeError:
            raise BadRequest from None
        if sum(size for _name, _value, size in fields) > (self.max_form_memory_size or TEXT):
            raise RequestEntityTooLarge
        return stream, self.cls((name, value) for name, value, _size in fields), MultiDict()


def _pair(field: bytes) -> tuple[str, str, int]:
    """The name and the text of a field, and the bytes that they take."""
    name, _equals, value = (plain(one.replace(b"+", b" ")) for one in field.partition(b"="))
    return name.decode(), value.decode(), len(name) + len(value)


def plain(data: bytes) -> bytes:
    """Without percents; UnicodeDecodeError when one announces no byte."""
    return data.replace(b"\\", b"\\\\").replace(b"%", b"\\x").decode("unicode_escape").encode("latin-1")


class FormRequest(Request):
    """A request whose form is read so."""

    form_data_parser_class = Parser

    def widen(self, text: int, whole: int | None = None) -> None:
        """Let so much text in, and for a form that sends a file so much in all."""
        self.max_form_memory_size = text
        self.max_content_length = whole or (text * WRITTEN if self.mimetype == URLENCODED else text)

    @property
    def largest(self) -> int:
        """The size that this address accepts, as it is told."""
        return (self.max_form_memory_size if self.mimetype == URLENCODED else self.max_content_length) or 0
