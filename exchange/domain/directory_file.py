"""Reading a directory of agencies from CSV or JSON.

Columns: ``code, code_2016, name, parent, level, email, valid_from, valid_to,
successor``; ``code, name, level, valid_from`` must be there. Commas, semicolons or
tabs part them: spreadsheets write what their country does. An agency's level must not
be above its parent's: the tree decides, never the code.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from exchange.domain.agency_names import agency_name
from exchange.domain.mail_address import mail_address
from exchange.domain.parties import Agency
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId, parse_organ_id
from schemas.timestamps import VIETNAM, in_utc, truncate_ms
from schemas.vocabulary import Level

_REQUIRED = ("code", "name", "level", "valid_from")
_RANK = {level: rank for rank, level in enumerate(Level)}
_SEPARATORS = ",;\t"


class DirectoryFileError(CodedError):
    """A directory file has a line that cannot be believed; its place names it."""


def read_directory(content: bytes) -> tuple[Agency, ...]:
    """Read agencies from CSV, or from JSON if it starts with a bracket.

    Raises:
        DirectoryFileError: no agency in it, a malformed line, an unknown parent, a
            cycle, a level above the parent's, a code named twice
            (DIRECTORY_IMPORT_INVALID).
    """
    text = _text(content)
    rows = _json_rows(text) if text.lstrip().startswith("[") else _csv_rows(text)
    agencies = tuple(_agency(row, place) for place, row in rows)
    if not agencies:
        raise _invalid("agencies: 0")
    _require_tree(agencies)
    return agencies


def _invalid(place: str) -> DirectoryFileError:
    return DirectoryFileError(ErrorCode.DIRECTORY_IMPORT_INVALID, place=place)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid("UTF-8") from error


_Rows = Iterable[tuple[str, Mapping[str | None, object]]]


def _csv_rows(text: str) -> _Rows:
    heading = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=heading.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=separator, strict=True)
    try:
        return [(f"line {reader.line_num}", row) for row in reader]
    except csv.Error as error:
        raise _invalid(f"line {reader.line_num}") from error


def _json_rows(text: str) -> _Rows:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _invalid("JSON") from error
    if not all(isinstance(row, dict) for row in rows):
        raise _invalid("JSON")
    return [(f"item {number}", row) for number, row in enumerate(rows, 1)]


def _values(row: Mapping[str | None, object], place: str) -> dict[str, str]:
    """Return the texts of a row by their columns.

    A cell without a heading is most likely a part of the one before it, that has a
    separator in it and no quotation marks around it.
    """
    unnamed = row.get(None)
    if isinstance(unnamed, list) and any(unnamed):
        raise _invalid(place)
    values = {key: value for key, value in row.items() if key}
    if any(isinstance(value, list | dict) for value in values.values()):
        raise _invalid(place)
    return {key: str(value or "").strip() for key, value in values.items()}


def _agency(row: Mapping[str | None, object], place: str) -> Agency:
    values = _values(row, place)
    if not all(values.get(key) for key in _REQUIRED):
        raise _invalid(place)
    try:
        mail_address(values.get("email", ""))
    except ValueError as error:
        raise _invalid(f"{place}: email") from error
    try:
        return _in_time(_read(values))
    except (CodedError, ValueError) as error:
        raise _invalid(place) from error


def _read(values: Mapping[str, str]) -> Agency:
    return Agency(
        code=parse_organ_id(values["code"]),
        name=agency_name(values["name"]),
        parent=_optional_code(values.get("parent")),
        level=Level(values["level"]),
        code_2016=_optional_code(values.get("code_2016")),
        email=values.get("email", ""),
        valid_from=read_moment(values["valid_from"]),
        valid_to=read_moment(values["valid_to"]) if values.get("valid_to") else None,
        successor=_optional_code(values.get("successor")),
    )


def _in_time(agency: Agency) -> Agency:
    if agency.valid_to is not None and agency.valid_to < agency.valid_from:
        raise ValueError("ends before it begins")
    return agency


def _optional_code(text: str | None) -> OrganId | None:
    return parse_organ_id(text) if text else None


def read_moment(text: str) -> datetime:
    """Read a day or a time, to the millisecond; a day begins at midnight in Vietnam.

    Raises:
        ValueError: it is neither, or has no year from 1 to 9999 in UTC and in Vietnam.
    """
    moment = datetime.fromisoformat(text)
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
    return truncate_ms(in_utc(zoned))


def _require_tree(agencies: Sequence[Agency]) -> None:
    by_code = {one.code: one for one in agencies}
    if len(by_code) < len(agencies):
        raise _invalid(_first_repeated(agencies))
    for one in agencies:
        if one.parent is not None:
            _require_below(one, by_code.get(one.parent))
    for one in agencies:
        _require_rooted(one, by_code)


def _first_repeated(agencies: Sequence[Agency]) -> str:
    seen: set[OrganId] = set()
    for one in agencies:
        if one.code in seen:
            return one.code
        seen.add(one.code)
    return ""


def _require_below(agency: Agency, parent: Agency | None) -> None:
    if parent is None or _RANK[agency.level] < _RANK[parent.level]:
        raise _invalid(agency.code)


def _require_rooted(agency: Agency, by_code: Mapping[OrganId, Agency]) -> None:
    current: Agency | None = agency
    for _ in range(len(by_code)):
        if current is None or current.parent is None:
            return
        current = by_code.get(current.parent)
    raise _invalid(agency.code)
