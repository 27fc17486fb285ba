"""What ties a fiche to others, line by line, in the words of its page: for the documents."""

from __future__ import annotations

from collections.abc import Iterator

from cocon.dossier.printing import printable
from cocon.kernel.language import LazyString, _, ngettext
from cocon.structure.queries import Ancestor, Links, Tie

#: Kinds of links in the order of the page: whether the fiche is where they start, and what they are called.
KINDS: tuple[tuple[str, bool | None, LazyString], ...] = (
    ("merged", True, _("Fusionnée dans")),
    ("merged", False, _("A reçu par fusion")),
    ("split", False, _("Issue de")),
    ("split", True, _("A donné")),
    ("related", None, _("Voir aussi")),
)


def told(links: Links) -> Iterator[tuple[str, str]]:
    """Each link: what it is, then the fiche and the reason."""
    if links.former_codes:
        label = ngettext("Ancien code", "Anciens codes", len(links.former_codes))
        yield str(label), f"{', '.join(links.former_codes)}. {_('Il mène toujours à cette fiche.')}"
    for kind, outgoing, name in KINDS:
        for tie in links.of(kind, outgoing=outgoing):
            yield str(name), _line(_fiche(tie), tie.reason)
    for one in links.ancestors:
        source = str(_("Source\u00a0: %(source)s", source=one.source))
        yield str(_("Fait suite à")), _line(_ancestor(one), source, one.reason)


def _line(*parts: str) -> str:
    """Sentences on one line, each with its full stop."""
    said = [" ".join(part.split()) for part in parts if part.strip()]
    return printable(" ".join(one if one.endswith((".", "!", "?", "…")) else f"{one}." for one in said))


def _fiche(tie: Tie) -> str:
    if tie.code:
        return f"{tie.code}, {tie.title}"
    return f"«\u00a0{tie.title}\u00a0», {_('annoncée, pas encore partagée')}"


def _ancestor(one: Ancestor) -> str:
    return f"{one.code}, {one.label} ({one.contract})" if one.code else f"{one.label} ({one.contract})"
