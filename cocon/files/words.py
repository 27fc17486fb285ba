"""The words of files: formats, weights, what the antivirus said."""

from __future__ import annotations

from cocon.kernel.language import NBSP, NNBSP, LazyString, _

FORMATS: dict[str, LazyString | str] = {
    "pdf": "PDF",
    "odt": _("texte ODT"),
    "ods": _("tableur ODS"),
    "docx": _("texte DOCX"),
    "xlsx": _("tableur XLSX"),
    "png": _("image PNG"),
    "jpeg": _("image JPEG"),
}

STATES: dict[str, LazyString] = {
    "unscanned": _("non contrôlé par un antivirus"),
    "quarantine": _("en quarantaine\u202f: l’antivirus ne l’a pas encore contrôlé"),
    "clean": _("sain, d’après l’antivirus"),
    "refused": _("refusé\u202f: l’antivirus y a trouvé un danger"),
}


def weight(size: int) -> str:
    """``812 octets``, ``1,4 Mo``, ``20 Mo``: 1 Ko is 1 024 bytes."""
    if size < 1024:
        return f"{size}{NBSP}{'octets' if size > 1 else 'octet'}"
    units = ("Ko", "Mo", "Go")
    value, unit = size / 1024, 0
    while value >= 1000 and unit < len(units) - 1:
        value, unit = value / 1024, unit + 1
    number = f"{value:.1f}".removesuffix(".0") if value < 100 else f"{value:.0f}"
    return f"{number}{NBSP}{units[unit]}".replace(".", ",").replace(" ", NNBSP)
