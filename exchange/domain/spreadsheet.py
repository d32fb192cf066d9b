"""Lines of CSV (RFC 4180) that a spreadsheet shows and never runs.

Spreadsheets of places with a decimal comma part cells at semicolons, and there our
quotes, which stand behind a comma, hold nothing together: what follows a semicolon or
the end of a line begins a cell.
"""

import re
from collections.abc import Iterable

BEGINNING = b"\xef\xbb\xbf"
"""So that spreadsheets take the text for UTF-8."""

_SIGNS = "=+@＝＋－＠-"
"""What makes a spreadsheet take a cell for a formula, wide forms included."""

_FORMULA = re.compile(rf"(^|;)(?=[\s\"']*[{_SIGNS}])")
_BREAKS = re.compile(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_QUOTED = frozenset('",;')


def csv_line(cells: Iterable[str]) -> bytes:
    """Return one line, its end included; a cell has no line ends of its own."""
    return (",".join(map(_cell, cells)) + "\r\n").encode()


def _cell(text: str) -> str:
    shown = _FORMULA.sub(r"\1'", _BREAKS.sub(" ", text))
    if _QUOTED.isdisjoint(shown):
        return shown
    escaped = shown.replace('"', '""')
    return f'"{escaped}"'
