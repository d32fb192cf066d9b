"""Bring agencies into the directory: the whole list or nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exchange.domain.directory_import import imported_rows
from exchange.domain.parties import Agency
from exchange.errors import ExchangeError, StateConflictError
from exchange.services import Office
from exchange.usecases.auditing import audit_line
from schemas.errors import ErrorCode
from schemas.vocabulary import AuditEvent

_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportAgencies:
    """Agencies to insert or replace by code.

    Args:
        operator: who asks.
        told: is told how many are written; fewer again where it begins anew.
    """

    agencies: Sequence[Agency]
    operator: str
    told: Callable[[int], object] | None = None


async def import_agencies(office: Office, command: ImportAgencies) -> int:
    """Import agencies and return the directory's version.

    Importing what is already there changes nothing and keeps the version. What is on
    record of changes stays.

    Raises:
        CodedError: a code belongs to another agency, or was closed, or a successor
            is unknown or leads back (DIRECTORY_IMPORT_INVALID).
        ExchangeError: others keep changing the directory meanwhile (OVERLOADED).
    """
    line = audit_line(
        AuditEvent.DIRECTORY_IMPORTED,
        at=office.now(),
        actor=command.operator,
        subject="directory",
        agencies=str(len(command.agencies)),
    )
    store = office.storage.directory
    for _ in range(_TRIES):
        version = await store.version()
        known = {one.code: one for one in await store.agencies()}
        rows = imported_rows(known, command.agencies, now=office.now())
        try:
            return await store.import_agencies(
                rows, audit=line, before=version, told=command.told
            )
        except StateConflictError:
            continue
        finally:
            office.directory_changed()
    raise ExchangeError(ErrorCode.OVERLOADED, place="directory")
