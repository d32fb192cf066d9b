"""What an import makes of agencies that are known already.

Invariants:
    - A code that an event closed stays closed, with its date and successor.
    - An end that was imported stays on record, and what it closed stays closed.
    - Former names and parents, and certificates to encrypt to, stay on record.
    - A list says what is so on its day: a change that was decided for later stays.
    - No agency has a code that is another's, in either form, or that names a group.
    - Successors are on record, and never lead back.

What a list does not change is not judged.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from typing import TypeVar

from exchange.domain.directory import is_closed
from exchange.domain.directory_file import DirectoryFileError
from exchange.domain.parties import Agency, FormerStanding
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.recipient_groups import read_group

_Agencies = Mapping[OrganId, Agency]
_Value = TypeVar("_Value")


def imported_rows(
    known: _Agencies, imported: Iterable[Agency], *, now: datetime
) -> tuple[Agency, ...]:
    """Return the rows to store.

    Raises:
        DirectoryFileError: a code names a group, is another's or would be open again,
            a successor is unknown or leads back (DIRECTORY_IMPORT_INVALID, it is
            named).
    """
    rows = tuple(_row(known.get(one.code), one, now) for one in imported)
    afterwards = {**known, **{one.code: one for one in rows}}
    owners = _owners(afterwards.values())
    for one in rows:
        if one != known.get(one.code):
            _require_own_codes(one, owners)
            _require_succession(one, afterwards)
    return rows


def _row(known: Agency | None, imported: Agency, now: datetime) -> Agency:
    for code in (imported.code, imported.code_2016):
        if code and read_group(code) is not None:
            raise _invalid(code)
    if known is None:
        return imported
    row = replace(
        _corrected(known, imported, now),
        closed_by=known.closed_by,
        encryption=known.encryption,
    )
    if _opens(known, row, now) or _undoes(known, row):
        raise _invalid(imported.code)
    return row


def _corrected(known: Agency, imported: Agency, now: datetime) -> Agency:
    """Return the imported agency with the standings on record, corrected from now on.

    Each of name, parent and level is corrected as far as it goes on as it is now: until
    it changes by what was decided for later. What the list has as it is now, or as it
    will be in the end, is right.
    """
    past = tuple(one for one in known.former if one.until <= now)
    ahead = known.former[len(past) :]
    run: tuple[FormerStanding | Agency, ...] = (*ahead, known)
    names = _run_corrected([one.name for one in run], imported.name)
    parents = _run_corrected([one.parent for one in run], imported.parent)
    levels = _run_corrected([one.level for one in run], imported.level)
    former = (
        replace(one, name=names[n], parent=parents[n], level=levels[n])
        for n, one in enumerate(ahead)
    )
    return replace(
        imported,
        name=names[-1],
        parent=parents[-1],
        level=levels[-1],
        former=(*past, *former),
    )


def _run_corrected(run: Sequence[_Value], value: _Value) -> Sequence[_Value]:
    """Correct what comes first in a run of values, the present and those to come."""
    if value in {run[0], run[-1]}:
        return run
    same = list(takewhile(run[0].__eq__, run))
    return [value for _ in same] + list(run[len(same) :])


def _opens(known: Agency, row: Agency, now: datetime) -> bool:
    """Tell whether an end is gone, or what was closed would be open again."""
    is_gone = known.valid_to is not None and row.valid_to is None
    return is_gone or (is_closed(known, now) and not is_closed(row, now))


def _undoes(known: Agency, row: Agency) -> bool:
    """Tell whether an end differs from what an event decided."""
    ended = (known.valid_to, known.successor)
    return known.closed_by is not None and ended != (row.valid_to, row.successor)


def _owners(agencies: Iterable[Agency]) -> Mapping[OrganId, set[OrganId]]:
    """Return who has each code, in either form."""
    owners: dict[OrganId, set[OrganId]] = defaultdict(set)
    for one in agencies:
        for code in _codes(one):
            owners[code].add(one.code)
    return owners


def _codes(agency: Agency) -> tuple[OrganId, ...]:
    return (agency.code, agency.code_2016) if agency.code_2016 else (agency.code,)


def _require_own_codes(agency: Agency, owners: Mapping[OrganId, set[OrganId]]) -> None:
    for code in _codes(agency):
        if len(owners[code]) > 1:
            raise _invalid(f"{agency.code}: {code}")


def _require_succession(agency: Agency, agencies: _Agencies) -> None:
    """Require that whoever succeeds is known, up to one whom nobody succeeds."""
    seen, last = {agency.code}, agency
    while last.successor is not None:
        following = agencies.get(last.successor)
        if following is None:
            raise _invalid(f"{last.code} → {last.successor}")
        if following.code in seen:
            raise _invalid(agency.code)
        seen.add(following.code)
        last = following


def _invalid(place: str) -> DirectoryFileError:
    return DirectoryFileError(ErrorCode.DIRECTORY_IMPORT_INVALID, place=place)
