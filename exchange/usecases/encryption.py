"""Certificates to encrypt to: published by an agency, given to whoever writes to it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from exchange.domain.access import is_open
from exchange.domain.addressing import Addressee, find_addressee
from exchange.domain.encryption import in_force, published, revoked
from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.parties import Agency, EncryptionCertificate
from exchange.domain.records import AuditLine
from exchange.errors import ExchangeError, StateConflictError
from exchange.services import Caller, Services, fingerprint
from exchange.usecases.attesting import log_entry, pending
from exchange.usecases.auditing import audit_line, refusals_audited
from exchange.usecases.directory import current_directory
from exchange.usecases.recipient_lists import owner_of
from exchange.usecases.signer import refusal_of
from pki.enveloped.content_key import require_recipient
from pki.names import UNREADABLE_CERTIFICATE, agency_of
from pki.path.judging import ChainJudgement
from pki.pem import load_certificate
from pki.purposes import KeyPurpose
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.verdict import RevocationState
from schemas.vocabulary import AuditEvent, LogEntryType

_TRIES = 5
_MISSING = ErrorCode.ENCRYPTION_CERTIFICATE_MISSING
_UNSUITABLE = ErrorCode.ENCRYPTION_CERTIFICATE_UNSUITABLE

_Change = Callable[[Agency], Agency | None]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom to encrypt to in order to reach an agency.

    Args:
        addressee: the agency asked about, and who took over from it.
        agency: who is reached.
        chain: certificates between that of the agency and the root.
    """

    addressee: Addressee
    agency: Agency
    certificate: EncryptionCertificate
    chain: tuple[Certificate, ...]


async def publish_certificate(
    services: Services, caller: Caller, agency: str, content: bytes
) -> Agency:
    """Let others encrypt to an agency with a certificate; it replaces the one before.

    The same one again changes nothing.

    Raises:
        CodedError: the caller does not act for the agency, the certificate is not the
            agency's, is not to encrypt to, does not hold now, or counted and ended
            before (ENCRYPTION_CERTIFICATE_UNSUITABLE).
    """
    owner = await owner_of(services, caller, agency)
    event = AuditEvent.ENCRYPTION_CERTIFICATE_REFUSED
    async with refusals_audited(services, caller, subject=owner, event=event):
        new = await _judged(services, owner, content)

        def change(known: Agency) -> Agency | None:
            changed = published(known, new)
            current = in_force(known, services.now())
            if changed is None and (current is None or current.sha256 != new.sha256):
                raise ExchangeError(_UNSUITABLE, place=new.sha256)
            return changed

        said = AuditEvent.ENCRYPTION_CERTIFICATE_PUBLISHED
        actor = caller.system.system_id
        return await _changed(services, actor, owner, change, said)


async def revoke_certificate(services: Services, caller: Caller, agency: str) -> Agency:
    """Let nobody encrypt to an agency any more.

    Raises:
        ExchangeError: the caller does not act for the agency, or it has none
            (ENCRYPTION_CERTIFICATE_MISSING).
    """
    owner, now = await owner_of(services, caller, agency), services.now()

    def change(known: Agency) -> Agency:
        if not any(one.is_current for one in known.encryption):
            raise ExchangeError(_MISSING, place=owner)
        return revoked(known, now)

    said = AuditEvent.ENCRYPTION_CERTIFICATE_REVOKED
    return await _changed(services, caller.system.system_id, owner, change, said)


async def note_revocations(services: Services) -> int:
    """Take back certificates that their CA revoked; return how many.

    Nobody is given them before that either; with this copies of the directory say so.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    noted, now = 0, services.now()
    directory = await current_directory(services)
    for agency in {one.code: one for one in directory.by_code.values()}.values():
        current = in_force(agency, now)
        if current is None:
            continue
        await asyncio.sleep(0)  # there may be thousands
        if _is_revoked(_judge(services, _read(current.certificate), now)):
            change = partial(_ended, sha256=current.sha256, at=now)
            said = AuditEvent.ENCRYPTION_CERTIFICATE_REVOKED
            await _changed(services, services.hub.hub_id, agency.code, change, said)
            noted += 1
    return noted


def _ended(known: Agency, *, sha256: str, at: datetime) -> Agency | None:
    current = next((one for one in known.encryption if one.is_current), None)
    return revoked(known, at) if current and current.sha256 == sha256 else None


def _is_revoked(judgement: ChainJudgement) -> bool:
    """Tell whether the CA took the certificate back.

    Its list says so of one on hold too, whose key somebody may have had meanwhile.
    """
    leaf = judgement.revocation[:1]
    return any(one.state is RevocationState.REVOKED for one in leaf)


async def recipient_of(services: Services, code: OrganId) -> Recipient:
    """Return whom to encrypt to in order to reach an agency, its successor maybe.

    Raises:
        ExchangeError: there is no such agency (AGENCY_UNKNOWN), or nothing to encrypt
            with that holds now (ENCRYPTION_CERTIFICATE_MISSING).
    """
    now = services.now()
    found = find_addressee(await current_directory(services), code, now)
    reached = found.reached
    if found.agency is None:
        raise ExchangeError(ErrorCode.AGENCY_UNKNOWN, place=code)
    current = in_force(reached, now) if reached else None
    if reached is None or current is None or not is_open(reached, now):
        raise ExchangeError(_MISSING, place=reached.code if reached else code)
    judgement = _judge(services, _read(current.certificate), now)
    if refusal_of(judgement) is not None:
        raise ExchangeError(_MISSING, place=reached.code)
    return Recipient(found, reached, current, judgement.chain[1:-1])


async def _judged(
    services: Services, owner: OrganId, content: bytes
) -> EncryptionCertificate:
    certificate, now = _read(content), services.now()
    require_recipient(certificate)
    refusal = refusal_of(_judge(services, certificate, now))
    if refusal is not None:
        raise ExchangeError(refusal.code, place=refusal.place)
    known = (await current_directory(services)).agency(owner)
    codes = {known.code, known.code_2016} if known else set[OrganId | None]()
    if agency_of(certificate) not in codes - {None}:
        raise ExchangeError(_UNSUITABLE, place=owner)
    return EncryptionCertificate(
        sha256=fingerprint(certificate),
        certificate=certificate.public_bytes(Encoding.DER),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
        published_at=now,
    )


def _read(content: bytes) -> Certificate:
    try:
        return load_certificate(content)
    except UNREADABLE_CERTIFICATE as error:
        raise ExchangeError(_UNSUITABLE, place="certificate") from error


def _judge(
    services: Services, certificate: Certificate, now: datetime
) -> ChainJudgement:
    return services.trust.judge(
        certificate, intermediates=(), at=now, usage=KeyPurpose.ENCRYPTION
    )


async def _changed(
    services: Services,
    actor: str,
    owner: OrganId,
    change: _Change,
    event: AuditEvent,
) -> Agency:
    """Store a change of an agency's row, decided on the directory as it is."""
    store = services.storage.directory
    for _ in range(_TRIES):
        version = await store.version()
        known = await store.agency(owner)
        if known is None:
            raise ExchangeError(ErrorCode.AGENCY_UNKNOWN, place=owner)
        changed = change(known)
        if changed is None:
            return known
        entry, audit = _traces(services, actor, changed, event)
        try:
            await store.import_agencies(
                (changed,), audit=audit, before=version, entry=entry
            )
        except StateConflictError:
            continue
        finally:
            services.directory_changed()
        services.signals.recorded.ring()
        return changed
    raise ExchangeError(ErrorCode.OVERLOADED, place="directory")


def _traces(
    services: Services, actor: str, changed: Agency, event: AuditEvent
) -> tuple[PendingLogEntry, AuditLine]:
    """Make the log entry and the audit line about the last certificate of an agency."""
    now, last = services.now(), changed.encryption[-1]
    is_end = last.revoked_at is not None
    entry = log_entry(
        LogEntryType.DIRECTORY,
        at=now,
        actor=actor,
        subject=f"{last.sha256}/revoked" if is_end else last.sha256,
        data=last.certificate,
    )
    audit = audit_line(
        event,
        at=now,
        actor=actor,
        subject=changed.code,
        certificate=last.sha256,
    )
    return pending(entry, entry_id=services.ids.new(now)), audit
