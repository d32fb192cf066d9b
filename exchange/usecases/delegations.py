"""Delegations: filed as the delegator sealed them, revoked on its word.

Whoever has the XML may bring it, for the seal speaks; only the delegator's own system
may take it back. One seal is one act: written in other octets, which it does not cover,
it is neither another delegation nor one that was not revoked.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from exchange.domain.delegations import FiledDelegation
from exchange.domain.intake import SignerFacts
from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.records import AuditLine
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.attesting import log_entry, pending
from exchange.usecases.auditing import audit_line, refusals_audited
from exchange.usecases.directory import current_directory
from exchange.usecases.recipient_lists import owner_of
from exchange.usecases.signer import verified_by_seal
from schemas.delegation import Delegation, read_delegation
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import AuditEvent, LogEntryType
from schemas.xml import parse
from signing.xmldsig.verify import signed_digest

_LEAST_CHARACTERS = 64


async def file_delegation(
    services: Services, caller: Caller, content: bytes
) -> FiledDelegation:
    """File a delegation; the same seal again is returned as it is filed.

    Raises:
        CodedError: the seal does not hold, is not the delegator's, the delegation
            makes no sense or is over (DELEGATION_INVALID).
    """
    key = sha256(content).hexdigest()
    async with refusals_audited(
        services, caller, subject=key, event=AuditEvent.DELEGATION_REFUSED
    ):
        filed = await _judged(services, content, key)
    if known := await _of_same_seal(services, filed):
        return known[0]
    entry, audit = _traces(
        services, caller, filed, at=filed.filed_at, event=AuditEvent.DELEGATION_FILED
    )
    stored = await services.storage.delegations.file(filed, entry=entry, audit=audit)
    services.signals.recorded.ring()
    return stored


async def revoke_delegation(
    services: Services, caller: Caller, delegation_id: str
) -> FiledDelegation:
    """End a delegation now; one that was revoked before stays as it was.

    Every filing of its seal ends with it: some may be stored from the days when other
    octets made another filing, and two may have been filed at once.

    Raises:
        ExchangeError: there is none of an agency the caller acts for
            (DELEGATION_NOT_FOUND).
    """
    found = await services.storage.delegations.find(delegation_id)
    own = caller.acting_as(None, services.now())
    if found is None or found.delegation.delegator not in own:
        place = delegation_id[:_LEAST_CHARACTERS]
        raise ExchangeError(ErrorCode.DELEGATION_NOT_FOUND, place=place)
    revoked = await _revoked(services, caller, found)
    for other in await _of_same_seal(services, found):
        await _revoked(services, caller, other)
    services.signals.recorded.ring()
    return revoked


async def delegations_of(
    services: Services, caller: Caller, agency: str
) -> Sequence[FiledDelegation]:
    """Return what an agency of the caller gave and was given."""
    owner = await owner_of(services, caller, agency)
    store = services.storage.delegations
    return (*await store.given_by(owner), *await store.given_to(owner))


async def _of_same_seal(
    services: Services, filed: FiledDelegation
) -> list[FiledDelegation]:
    """Return what is filed of the seal of a delegation, itself first."""
    seal = signed_digest(parse(filed.content))
    given = await services.storage.delegations.given_by(filed.delegation.delegator)
    found = [one for one in given if signed_digest(parse(one.content)) == seal]
    return sorted(found, key=lambda one: one.delegation_id != filed.delegation_id)


async def _revoked(
    services: Services, caller: Caller, filed: FiledDelegation
) -> FiledDelegation:
    now = services.now()
    entry, audit = _traces(
        services, caller, filed, at=now, event=AuditEvent.DELEGATION_REVOKED
    )
    revoked = await services.storage.delegations.revoke(
        filed.delegation_id, at=now, entry=entry, audit=audit
    )
    return revoked or filed


async def _judged(services: Services, content: bytes, key: str) -> FiledDelegation:
    now = services.now()
    element, signer = verified_by_seal(parse(content), trust=services.trust, at=now)
    delegation = await _with_own_codes(services, read_delegation(element))
    await _require_sealed(services, delegation, signer)
    if delegation.valid_to <= now:
        raise _invalid("ValidTo")
    return FiledDelegation(
        delegation_id=key,
        delegation=delegation,
        content=content,
        certificate_sha256=signer.certificate_sha256,
        filed_at=now,
    )


async def _with_own_codes(services: Services, delegation: Delegation) -> Delegation:
    """Require that both agencies are known by the codes the directory has."""
    directory = await current_directory(services)
    for place, code in (
        ("Delegator", delegation.delegator),
        ("Delegate", delegation.delegate),
    ):
        agency = directory.agency(code)
        if agency is None or agency.code != code:
            raise _invalid(f"{place}: {code}")
    return delegation


async def _require_sealed(
    services: Services, delegation: Delegation, signer: SignerFacts
) -> None:
    """Require the delegator's own signature: a delegate cannot delegate further."""
    agency = (await current_directory(services)).agency(delegation.delegator)
    known = {agency.code, agency.code_2016} if agency else set[OrganId | None]()
    if signer.agency is None or signer.agency not in known:
        raise ExchangeError(ErrorCode.SIGNER_NOT_OF_SENDER, place=delegation.delegator)


def _invalid(place: str) -> ExchangeError:
    return ExchangeError(ErrorCode.DELEGATION_INVALID, place=place)


def _traces(
    services: Services,
    caller: Caller,
    filed: FiledDelegation,
    *,
    at: datetime,
    event: AuditEvent,
) -> tuple[PendingLogEntry, AuditLine]:
    """Make the log entry and the audit line of a step of a delegation."""
    is_end = event is AuditEvent.DELEGATION_REVOKED
    entry = log_entry(
        LogEntryType.DIRECTORY,
        at=at,
        actor=caller.system.system_id,
        subject=f"{filed.delegation_id}/revoked" if is_end else filed.delegation_id,
        data=filed.content,
    )
    audit = audit_line(
        event,
        at=at,
        actor=caller.system.system_id,
        subject=filed.delegation_id,
        delegator=filed.delegation.delegator,
        delegate=filed.delegation.delegate,
    )
    return pending(entry, entry_id=services.ids.new(at)), audit
