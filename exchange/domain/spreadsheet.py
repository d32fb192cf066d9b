"""Lines of CSV (RFC 4180) that a spreadsheet shows and never runs."""

from collections.abc import Iterable

BEGINNING = b"\xef\xbb\xbf"
"""So that spreadsheets take the text for UTF-8."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula, wide forms included."""

_QUOTED = frozenset('",;\t\r\n')


def csv_line(cells: Iterable[str]) -> bytes:
    """Return one line, its end included."""
    return (",".join(map(_cell, cells)) + "\r\n").encode()


def _cell(text: str) -> str:
    shown = f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text
    if _QUOTED.isdisjoint(shown):
        return shown
    escaped = shown.replace('"', '""')
    return f'"{escaped}"'
