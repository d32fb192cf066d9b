"""What an import makes of agencies that are known already.

Invariants:
    - A code that an event closed stays closed, with its date and successor.
    - Former names and parents, and certificates to encrypt to, stay on record.
    - No agency has a code that was another's, in either form, or that names a group.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from exchange.domain.directory_file import DirectoryFileError
from exchange.domain.parties import Agency
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.recipient_groups import read_group


def imported_rows(
    known: Mapping[OrganId, Agency], imported: Iterable[Agency]
) -> tuple[Agency, ...]:
    """Return the rows to store.

    Raises:
        DirectoryFileError: a code was closed by an event or names a group
            (DIRECTORY_IMPORT_INVALID, it is named).
    """
    return tuple(_row(known.get(one.code), one) for one in imported)


def _row(known: Agency | None, imported: Agency) -> Agency:
    if read_group(imported.code) is not None:
        raise _invalid(imported.code)
    if known is None:
        return imported
    row = replace(
        imported,
        former=known.former,
        closed_by=known.closed_by,
        encryption=known.encryption,
    )
    ended = (known.valid_to, known.successor)
    if known.closed_by is not None and ended != (row.valid_to, row.successor):
        raise _invalid(imported.code)
    return row


def _invalid(place: str) -> DirectoryFileError:
    return DirectoryFileError(ErrorCode.DIRECTORY_IMPORT_INVALID, place=place)
