"""The house stays in order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.house import rules

SOURCES = ("cocon", "templates", "static", "migrations", "tests", "tools", "bench", "docs", "data", ".ci")
VENDORED = {rules.ROOT / "static" / "vendor", rules.ROOT / "tests" / "vendor"}
TEXTS = {".py", ".html", ".txt", ".md", ".toml", ".js", ".css", ".sh", ".json", ".ini", ".mako", ".svg", ".po", ""}
DOMAINS = (
    *("partners", "contracts", "actions", "discussion", "suggestions", "files", "funding", "decisions", "structure"),
    *("imports", "catalogue", "dossier", "consolidation"),
)
SEVEN = {"__init__", "models", "events", "refusals", "queries", "operations", "forms", "routes"}
BESIDES = {
    "actions/blueprint",
    "actions/codes",
    "actions/costing",
    "actions/costs",
    "actions/drafts",
    "actions/merging",
    "actions/past",
    "actions/proposing",
    "actions/publishing",
    "actions/rows",
    "actions/sections",
    "actions/changes",
    "actions/comparison",
    "actions/diff",
    "actions/transitions",
    "actions/words",
    "actions/work",
    "actions/search",
    "actions/territories",
    "catalogue/excerpts",
    "catalogue/remembered",
    "catalogue/saved",
    "catalogue/wording",
    "consolidation/book",
    "consolidation/charges",
    "consolidation/money",
    "consolidation/opendata",
    "consolidation/others",
    "consolidation/printed",
    "consolidation/totals",
    "contracts/install",
    "contracts/reference",
    "decisions/locks",
    "discussion/markup",
    "discussion/mentions",
    "discussion/seen",
    "dossier/acts",
    "dossier/others",
    "dossier/dues",
    "dossier/papers",
    "dossier/odt",
    "dossier/odt_prose",
    "dossier/pdf",
    "dossier/printing",
    "dossier/revisions",
    "dossier/sheet",
    "dossier/tasks",
    "dossier/ties",
    "dossier/wording",
    "files/antivirus",
    "files/inspection",
    "files/scanning",
    "files/shelf",
    "files/words",
    "funding/act_forms",
    "funding/acts",
    "funding/advancing",
    "funding/awaiting",
    "funding/allotting",
    "funding/barred",
    "funding/envelope_forms",
    "funding/envelopes",
    "funding/ledger",
    "funding/simulating",
    "funding/simulations",
    "funding/transfers",
    "funding/trying",
    "funding/balance",
    "suggestions/facts",
    "suggestions/seen",
    "files/serving",
    "files/uploads",
    "funding/beneficiaries",
    "funding/correcting",
    "funding/documenting",
    "funding/documents",
    "funding/binding",
    "funding/blueprint",
    "funding/budget",
    "funding/budgeting",
    "funding/cancelling",
    "funding/elsewhere",
    "funding/inscribing",
    "funding/misstated",
    "funding/products",
    "funding/resource_forms",
    "funding/resources",
    "funding/thresholds",
    "funding/conditions",
    "funding/counting",
    "funding/paying",
    "funding/carrying",
    "funding/choice",
    "funding/drilling",
    "funding/filling",
    "funding/grid",
    "funding/overruns",
    "funding/owed",
    "funding/paging",
    "funding/proofs",
    "funding/receiving",
    "funding/registering",
    "funding/schedules",
    "funding/reporting",
    "funding/reports",
    "funding/resting",
    "funding/stages",
    "funding/standing",
    "funding/steps",
    "funding/uncancelled",
    "funding/undecided",
    "funding/undertakings",
    "funding/unidentified",
    "funding/unmet",
    "funding/unproven",
    "funding/unreported",
    "funding/words",
    "suggestions/words",
    "imports/books",
    "imports/blueprint",
    "imports/cells",
    "imports/columns",
    "imports/judging",
    "imports/ledger",
    "imports/models_to_fill",
    "imports/posting",
    "imports/reading",
    "imports/sheets",
    "structure/consequences",
}  # a new name is a decision: add it here, or find its place among the seven
VAGUE = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc", "tools"}
SETTINGS = {".txt", ".toml", ".json", ".ini", ".sh", ""}
LONGEST = 400


def _files() -> list[Path]:
    found = [path for path in rules.ROOT.iterdir() if path.is_file()]
    for folder in SOURCES:
        found += [path for path in (rules.ROOT / folder).rglob("*") if path.is_file()]
    return [
        path
        for path in found
        if path.suffix in TEXTS and "__pycache__" not in path.parts and not VENDORED.intersection(path.parents)
    ]


def _named(path: Path) -> str:
    return str(path.relative_to(rules.ROOT))


def _sources(folder: str, suffix: str) -> dict[Path, str]:
    return {path: path.read_text() for path in FILES if _named(path).startswith(f"{folder}/") and path.suffix == suffix}


def _listed(found: Mapping[str, object]) -> str:
    return "\n".join(f"{name}: {what}" for name, what in found.items())


FILES = _files()
TEMPLATES = {
    path: path.read_text() for path in FILES if _named(path).startswith("templates/") and path.suffix == ".html"
}
MODULES = {path: path.read_text() for path in FILES if _named(path).startswith("cocon/") and path.suffix == ".py"}


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 20
    assert len(TEMPLATES) > 10


def test_templates_hold_nothing_forbidden() -> None:
    found = {
        _named(path): faults
        for path, source in TEMPLATES.items()
        if (faults := rules.forbidden(source, rules.FORBIDDEN_IN_TEMPLATES))
    }
    assert not found, _listed(found)


def test_modules_hold_nothing_forbidden() -> None:
    found = {
        _named(path): faults
        for path, source in MODULES.items()
        if (faults := rules.forbidden(source, rules.FORBIDDEN_IN_PYTHON))
    }
    assert not found, _listed(found)


def test_safe_html_is_declared_only_where_reviewed() -> None:
    declared = sorted(f"{_named(path)}: {line}" for path, text in MODULES.items() for line in rules.markup_lines(text))
    reviewed = Path(__file__).with_name("reviewed_markup.txt").read_text().splitlines()
    assert declared == sorted(reviewed)
    assert len(reviewed) <= 5


def test_templates_use_what_they_import() -> None:
    found = {_named(path): unused for path, source in TEMPLATES.items() if (unused := rules.unused_imports(source))}
    assert not found, _listed(found)


def test_pages_have_a_title() -> None:
    pages = {path: source for path, source in TEMPLATES.items() if rules.is_page(path)}
    assert [_named(path) for path, source in pages.items() if not rules.has_title(source)] == []


def test_parts_are_named_after_their_place() -> None:
    parts = {path: source for path, source in TEMPLATES.items() if path.name.startswith("_") and _is_of_domain(path)}
    faults = {
        _named(path): fault
        for path, source in parts.items()
        if (fault := rules.part_fault(path.parent.name, path.stem.removeprefix("_"), source))
    }
    assert not faults, _listed(faults)


def _is_of_domain(path: Path) -> bool:
    return path.parent.name not in ("layout", "macros", "templates")


def test_french_is_spaced_as_french() -> None:
    texts = {_named(path): rules.shown_text(source) for path, source in TEMPLATES.items()}
    texts |= {_named(path): "\n".join(rules.marked_strings(source)) for path, source in MODULES.items()}
    found = {name: bad for name, text in texts.items() if (bad := rules.bad_spaces(text))}
    assert not found, _listed(found)


def test_domains_have_the_same_seven_files() -> None:
    found = {f"{path.parent.name}/{path.stem}" for path in MODULES if path.parent.name in DOMAINS}
    assert {name for name in found if name.partition("/")[2] not in SEVEN} == BESIDES


def test_no_module_has_a_vague_name() -> None:
    assert [_named(path) for path in MODULES if path.stem in VAGUE] == []


def test_forms_stay_in_their_domain() -> None:
    found = {
        _named(path): foreign
        for path, source in MODULES.items()
        if (foreign := rules.foreign_forms(path.parent.name, source))
    }
    assert not found, _listed(found)


def test_no_module_is_too_long() -> None:
    assert [_named(path) for path, source in MODULES.items() if source.count("\n") > LONGEST] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_lock_files_hold_names_versions_and_hashes_only(name: str) -> None:
    source = (rules.ROOT / name).read_text()
    assert "--hash=sha256:" in source
    assert rules.requirement_faults(source) == []


def test_nothing_names_the_machine_it_was_made_on() -> None:
    texts = {_named(path): path.read_text(errors="replace") for path in FILES}
    assert [name for name, text in texts.items() if rules.MACHINE_PATHS.search(text)] == []
    settings = {name: text for name, text in texts.items() if Path(name).suffix in SETTINGS}
    assert [name for name, text in settings.items() if rules.PACKAGE_HOSTS.search(text)] == []
