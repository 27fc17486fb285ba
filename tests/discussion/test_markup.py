"""What people type becomes HTML that can do no harm."""

from __future__ import annotations

import nh3
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from cocon.discussion.markup import ATTRIBUTES, CLASSES, REL, SCHEMES, TAGS, quotation, render

ALLOWED = {
    "p": set(),
    "br": set(),
    "em": set(),
    "strong": set(),
    "ul": {"class"},
    "ol": {"start"},
    "li": set(),
    "blockquote": set(),
    "a": {"href", "rel"},
    "span": {"class"},
}
PIECES = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)' onclick=x>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&colon;alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "[x](//ailleurs.example)",
        "[x](/deconnexion)",
        '[x](https://a.example "onmouseover=alert(1)")',
        "<https://a.example>",
        "<javascript:alert(1)>",
        "![x](https://a.example/x.png)",
        "</div></main>",
        "<!--",
        "]]>",
        "&lt;script&gt;",
        "\x00",
        "\u202e",
        "- ",
        "1. ",
        "> ",
        "> > ",
        "@",
        "@[",
        "@[Ville de Grenoble]",
        "@[<img src=x onerror=alert(1)>]",
        "@[[x](javascript:alert(1))]",
        "**",
        "_",
        "`",
        "\\",
        "\n",
        "\n\n",
    ]
)
TYPED = st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=12).map("".join)


def faults(html: str) -> list[str]:
    """What the HTML holds beyond the allow-list."""
    found = []
    for tag in BeautifulSoup(html, "html.parser").find_all(True):
        if tag.name not in ALLOWED or set(tag.attrs) - ALLOWED[tag.name]:
            found.append(str(tag))
        if "href" in tag.attrs and not str(tag["href"]).lower().startswith(("http://", "https://", "mailto:")):
            found.append(str(tag))
        if tag.has_attr("class") and tag["class"] != [{"ul": "dashes", "span": "mention"}[tag.name]]:
            found.append(str(tag))
    return found


@settings(deadline=None)
@given(TYPED)
def test_nothing_typed_leaves_the_allow_list(typed: str) -> None:
    assert faults(str(render(typed))) == []


@settings(deadline=None)
@given(TYPED)
def test_cleaning_again_changes_nothing(typed: str) -> None:
    once = str(render(typed))
    again = nh3.clean(once, TAGS, attributes=ATTRIBUTES, allowed_classes=CLASSES, url_schemes=SCHEMES, link_rel=REL)
    assert again == once


@settings(deadline=None)
@given(st.text(max_size=40), TYPED)
def test_a_quotation_is_quoted_whole_whatever_was_written(author: str, typed: str) -> None:
    quoted = quotation(" ".join(author.split()), typed)
    assert quoted.endswith("\n\n")
    assert all(line.startswith(">") for line in quoted[:-2].split("\n"))
    assert faults(str(render(f"{quoted}Réponse"))) == []


def test_a_quotation_leaves_out_what_was_quoted_and_stays_short() -> None:
    quoted = quotation("Inès", f"> dit avant\n\n{'mot ' * 1000}")
    assert "dit avant" not in quoted
    assert len(quoted) < 1_600
    assert quoted.rstrip().endswith("…")


def test_the_check_itself_sees_what_it_must() -> None:
    for bad in (
        "<script>",
        "<p onclick=x>",
        "<a href='javascript:x'>",
        "<ul class='alert'>",
        "<span class='btn'>",
        "<ul class='mention'>",
        "<img>",
    ):
        assert faults(bad)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Une ligne\nune autre", "<p>Une ligne<br>\nune autre</p>"),
        ("Un\n\nDeux", "<p>Un</p>\n<p>Deux</p>"),
        ("**gras** et *italique*", "<p><strong>gras</strong> et <em>italique</em></p>"),
        ("- un\n- deux", '<ul class="dashes">\n<li>un</li>\n<li>deux</li>\n</ul>'),
        ("2. deux", '<ol start="2">\n<li>deux</li>\n</ol>'),
        ("@[Ville de Grenoble], oui", '<p><span class="mention">Ville de Grenoble</span>, oui</p>'),
        ("@[<b>x</b>]", '<p><span class="mention">&lt;b&gt;x&lt;/b&gt;</span></p>'),
        ("@[**x**]", '<p><span class="mention">**x**</span></p>'),
        ("@[x\ny] a@[z]", '<p>@[x<br>\ny] a<span class="mention">z</span></p>'),
        ("> dit\n> encore\n\nRéponse", "<blockquote>\n<p>dit<br>\nencore</p>\n</blockquote>\n<p>Réponse</p>"),
        ("> dit", "<blockquote>\n<p>dit</p>\n</blockquote>"),
        (
            "[le site](https://a.example)",
            '<p><a href="https://a.example" rel="nofollow noopener noreferrer">le site</a></p>',
        ),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](/deconnexion)", "<p>[x](/deconnexion)</p>"),
        ("<b>x</b> & y", "<p>&lt;b&gt;x&lt;/b&gt; &amp; y</p>"),
        ("# pas un titre", "<p># pas un titre</p>"),
        ("12 000,00\u00a0€\u202f?", "<p>12 000,00&nbsp;€\u202f?</p>"),
        ("", ""),
    ],
)
def test_the_subset(typed: str, shown: str) -> None:
    assert str(render(typed)).strip() == shown
