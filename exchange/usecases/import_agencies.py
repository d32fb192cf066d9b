"""Bring agencies into the directory: the whole list or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.domain.records import Agency
from exchange.services import Office
from exchange.usecases.auditing import audit_line
from schemas.vocabulary import AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportAgencies:
    """Agencies to insert or replace by code; `operator` is who asks."""

    agencies: Sequence[Agency]
    operator: str


async def import_agencies(office: Office, command: ImportAgencies) -> int:
    """Import agencies and return the directory's version.

    Importing what is already there changes nothing and keeps the version.

    Raises:
        ExchangeError: a code belongs to another agency (DIRECTORY_IMPORT_INVALID).
    """
    line = audit_line(
        AuditEvent.DIRECTORY_IMPORTED,
        at=office.now(),
        actor=command.operator,
        subject="directory",
        agencies=str(len(command.agencies)),
    )
    return await office.storage.directory.import_agencies(command.agencies, audit=line)
