"""The conventions that no ready-made linter knows. Each rule takes sources and answers with the faults it found."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2]
ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True)

FORBIDDEN_IN_TEMPLATES = {
    "|safe": r"\|\s*safe\b",
    "autoescape false": r"autoescape\s+false",
    "inline script": r"<script(?![^>]*\ssrc=)",
    "inline style": r"<style\b|<[^>]*\sstyle\s*=",
    "inline handler": r"<[^>]*\s(on[a-z]+|hx-on[\w:-]*)\s*=",
    "javascript: address": r"javascript:",
    "evaluated values": r"hx-vals\s*=\s*[\"']\s*js:",
    "global boost": r"\shx-boost\b",
    "unfinished": r"\b(TODO|FIXME|XXX)\b",
}
FORBIDDEN_IN_PYTHON = {
    "render_template_string": r"\brender_template_string\b",
    "populate_obj": r"\.populate_obj\b",
    "redirect to what the request says": r"\bredirect\(\s*request\.",
}
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|farm|root|Users|home/\w+|tmp/bash_jobs)/")
PACKAGE_HOSTS = re.compile(r"https?://[^ \"]*/(?:simple|packages|pypi)/|\"resolved\": *\"http|extra-index-url")
REQUIREMENT = re.compile(
    r"""
    (?: [A-Za-z0-9._-]+ (?:\[[\w,-]+\])? == [\w.!+-]+ (?:\ ;\ [^:]+?)? \ \\   # name==version ; marker
      | \ {4}--hash=sha256:[0-9a-f]{64} (?:\ \\)?
      | \ {4}\#\ .*
      | )
    """,
    re.VERBOSE,
)
ORDINARY_SPACE = re.compile(r".{0,15}[\w»)%] [;!?:»](?=\s|$)|« .{0,15}")
MARKED = {"_", "gettext", "lazy_gettext", "ngettext", "lazy_ngettext", "pgettext"}


def forbidden(source: str, patterns: dict[str, str]) -> list[str]:
    """The names of the patterns that a source holds."""
    return [name for name, pattern in patterns.items() if re.search(pattern, source)]


def markup_lines(source: str) -> list[str]:
    """The lines that declare a text to be safe HTML."""
    return [line.partition("  #")[0].strip() for line in source.splitlines() if re.search(r"\bMarkup\(", line)]


def unused_imports(source: str) -> list[str]:
    """What a template imports and does not use."""
    tree = ENVIRONMENT.parse(source)
    used = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"}
    return sorted(set(_imported(tree)) - used)


def _imported(tree: nodes.Template) -> Iterator[str]:
    for whole in tree.find_all(nodes.Import):
        yield whole.target
    for some in tree.find_all(nodes.FromImport):
        for name in some.names:
            yield name if isinstance(name, str) else name[1]


def is_page(path: Path) -> bool:
    """Whether a template is shown whole: neither a part, nor a macro, nor a layout."""
    return not path.name.startswith("_") and path.parent.name not in ("layout", "macros")


def has_title(source: str) -> bool:
    """Whether a page says its title."""
    return any(block.name == "title" for block in ENVIRONMENT.parse(source).find_all(nodes.Block))


def part_fault(domain: str, noun: str, source: str) -> str | None:
    """What is wrong with the root of a part: its id says where it goes."""
    bare = re.sub(r"{#.*?#}|{%-?\s*macro\b.*?endmacro\s*-?%}|{%.*?%}", "", source, flags=re.DOTALL)
    root = re.search(r"<[a-z][\w-]*\b[^>]*>", bare)
    wanted = f"{domain}-{noun}".replace("_", "-")
    if root and re.search(rf"""\bid=["']{re.escape(wanted)}["'-]""", root[0]):
        return None
    return f"the root of the part should have the id {wanted}"


def shown_text(template: str) -> str:
    """What of a template is neither a tag nor code."""
    quoted = " ".join(re.findall(r"_\(\s*[\"'](.*?)[\"']\s*[,)]", template, flags=re.DOTALL))
    code = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}|<!--.*?-->|<[^>]*>", re.DOTALL)
    return f"{quoted}\n{code.sub(' x', template)}"


def bad_spaces(text: str) -> list[str]:
    """Where an ordinary space stands before a high mark or inside quotes; French wants one that does not break."""
    return [found[0] for found in ORDINARY_SPACE.finditer(text)]


def marked_strings(source: str) -> Iterator[str]:
    """The strings of a module that people will read."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MARKED:
            for argument in call.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def requirement_faults(source: str) -> list[str]:
    """The lines of a lock file that are no pinned name, no hash and no comment of the resolver."""
    return [line for line in source.splitlines() if not REQUIREMENT.fullmatch(line)]


def foreign_forms(package: str, source: str) -> list[str]:
    """The forms that a module takes from another domain."""
    return [
        node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module
        for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        if (found := re.fullmatch(r"cocon\.(\w+)\.forms", name)) and found[1] not in (package, "web")
    ]
