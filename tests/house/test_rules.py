"""Each rule of the house finds the fault it is there for, and lets the ordinary pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house import rules


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("|safe", "{{ text | safe }}"),
        ("autoescape false", "{% autoescape false %}"),
        ("inline script", "<script>alert(1)</script>"),
        ("inline style", '<p class="a" style="color:red">'),
        ("inline handler", '<button type="button" onclick="go()">'),
        ("inline handler", '<button hx-on:click="go()">'),
        ("javascript: address", '<a href="javascript:go()">'),
        ("evaluated values", "<p hx-vals='js:{a: 1}'>"),
        ("global boost", '<body hx-boost="true">'),
        ("unfinished", "{# TODO #}"),
    ],
)
def test_forbidden_in_templates(name: str, source: str) -> None:
    assert rules.forbidden(source, rules.FORBIDDEN_IN_TEMPLATES) == [name]


def test_ordinary_templates_pass() -> None:
    source = '<script src="/static/cocon.js" defer></script><p class="on">{{ safe }} one = two</p><td hx-get="/a">'
    assert rules.forbidden(source, rules.FORBIDDEN_IN_TEMPLATES) == []


@pytest.mark.parametrize(
    "source", ["render_template_string(text)", "form.populate_obj(row)", "redirect( request.args['next'])"]
)
def test_forbidden_in_python(source: str) -> None:
    assert len(rules.forbidden(source, rules.FORBIDDEN_IN_PYTHON)) == 1


def test_markup_is_seen() -> None:
    assert rules.markup_lines("a = 1\n    return Markup(text)\n") == ["return Markup(text)"]


def test_unused_import_is_seen() -> None:
    source = "{% from 'a.html' import b, c as d %}{% import 'e.html' as f %}{{ b() }}"
    assert rules.unused_imports(source) == ["d", "f"]
    assert rules.unused_imports("{% from 'a.html' import b with context %}{% call b() %}x{% endcall %}") == []


def test_title_is_looked_for_in_pages_only() -> None:
    assert rules.has_title("{% extends 'layout/page.html' %}{% block title %}Plan{% endblock %}")
    assert not rules.has_title("{% extends 'layout/page.html' %}{% block main %}title{% endblock %}")
    assert rules.is_page(Path("templates/actions/list.html"))
    assert not rules.is_page(Path("templates/actions/_rows.html"))
    assert not rules.is_page(Path("templates/macros/money.html"))


@pytest.mark.parametrize("identifier", ["funding-yearly-plan", "funding-yearly-plan-{{ year }}"])
def test_part_with_its_id_passes(identifier: str) -> None:
    before = "{# <p> #}{% macro b() %}<p>{% endmacro %}{% set a = 1 %}"
    source = f"{before}<section class='a' id=\"{identifier}\"><p id='x'></p></section>"
    assert rules.part_fault("funding", "yearly_plan", source) is None


@pytest.mark.parametrize("source", ["<section><p id='funding-plan'></p></section>", "<p id='funding-planned'>", "text"])
def test_part_without_its_id_is_seen(source: str) -> None:
    assert rules.part_fault("funding", "plan", source)


@pytest.mark.parametrize("text", ["Vraiment ?", "Attention : danger", "« oui\u00a0»", "«\u00a0oui »", "Oui ; non"])
def test_ordinary_spaces_are_seen(text: str) -> None:
    assert rules.bad_spaces(text)
    assert rules.bad_spaces(rules.shown_text(f"<p>{text}</p>"))
    assert rules.bad_spaces(rules.shown_text(f'{{{{ _("{text}") }}}}'))
    assert rules.bad_spaces("\n".join(rules.marked_strings(f"_({text!r})")))


def test_french_spaces_pass() -> None:
    text = "Vraiment\u202f? Attention\u00a0: «\u00a0oui\u00a0»\u202f; à 18:00, voir https://a.example/?b=c"
    assert rules.bad_spaces(text) == []


def test_lock_file_with_a_host_is_seen() -> None:
    good = f"a-b==1.0 ; python_version < '3.13' \\\n    --hash=sha256:{'0' * 64}\n    # via c\nd[e]==2 \\\n"
    assert rules.requirement_faults(good) == []
    for line in ("--index-url https://h.example/simple", "a @ https://h.example/a.whl", "a>=1", "--find-links wheels"):
        assert rules.requirement_faults(f"{good}{line}\n") == [line]


def test_machine_paths_and_hosts_are_seen() -> None:
    for folder in ("work", "root", "home/someone"):
        assert rules.MACHINE_PATHS.search(f'data = "/{folder}/data"')
    assert not rules.MACHINE_PATHS.search("templates/work/a.html and https://a.example/root/")
    assert re.search(rules.PACKAGE_HOSTS, "https://h.example/" + "simple/flask")


def test_foreign_forms_are_seen() -> None:
    source = "from cocon.funding.forms import A\nfrom cocon.actions import forms\nfrom cocon.web.forms import B\n"
    assert rules.foreign_forms("funding", source) == ["cocon.actions"]
    assert rules.foreign_forms("actions", source) == ["cocon.funding.forms"]
