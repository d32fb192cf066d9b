"""Complete a signature with the value that was made elsewhere; hand its files out."""

import json
from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import datetime

from exchange.domain.records import AuditLine
from exchange.domain.signing import (
    RemoteSigning,
    SigningStep,
    StoredFile,
    may_see,
    may_take,
)
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.attesting import log_entry, pending
from exchange.usecases.auditing import audit_line, refusals_audited
from exchange.usecases.prepare_signature import signer_of
from exchange.usecases.raising_levels import Reached, raised
from exchange.usecases.signing_files import load_file, store_file
from exchange.usecases.storing import refuse
from exchange.usecases.value_stamps import token_for
from schemas.errors import CodedError, ErrorCode
from schemas.vocabulary import AuditEvent, LogEntryType, SigningState
from signing.pades.kept import KeptState, check_value
from signing.profiles import SignatureLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteSignature:
    """A value for a signing."""

    caller: Caller
    signing_id: str
    value: bytes


async def find_signing(
    services: Services, caller: Caller, signing_id: str
) -> RemoteSigning:
    """Find a signing of the caller's.

    Raises:
        ExchangeError: SIGNING_NOT_FOUND.
    """
    found = await services.storage.signing.signing(signing_id)
    if found is None or not may_see(found, caller.system, services.now()):
        raise ExchangeError(ErrorCode.SIGNING_NOT_FOUND, place=signing_id)
    if found.state is SigningState.PREPARED and found.expires_at <= services.now():
        return await _closed(services, found, SigningState.EXPIRED)
    return found


async def complete_signature(
    services: Services, command: CompleteSignature
) -> RemoteSigning:
    """Complete a signature; the same value again gets what the first one got.

    A value is checked before it is taken, and taken before anything is made of it; what
    was killed in between is done again when the value comes again.

    Raises:
        ExchangeError: SIGNING_NOT_FOUND, SIGNING_EXPIRED, SIGNING_CLOSED,
            STORED_BYTES_DAMAGED.
        SigningError: SIGNATURE_VALUE_WRONG; no worker answers.
    """
    async with refusals_audited(
        services,
        command.caller,
        subject=command.signing_id,
        event=AuditEvent.SIGNING_REFUSED,
    ):
        signing = await find_signing(services, command.caller, command.signing_id)
        _require_open(signing, command.value, services.now())
        if signing.state is SigningState.PREPARED:
            signing = await _taken(services, signing, command.value)
        if signing.state is SigningState.COMPLETING:
            signing = await _made(services, signing)
        return signing


async def read_prepared(services: Services, signing: RemoteSigning) -> bytes:
    """Return the prepared file.

    Raises:
        ExchangeError: SIGNING_EXPIRED, SIGNING_CLOSED; STORED_BYTES_DAMAGED.
    """
    if signing.state is SigningState.EXPIRED:
        raise ExchangeError(ErrorCode.SIGNING_EXPIRED)
    if signing.state is SigningState.REFUSED:
        raise ExchangeError(ErrorCode.SIGNING_CLOSED, place=signing.state)
    return await _handed_out(services, signing, signing.prepared, part="prepared")


async def read_signed(services: Services, signing: RemoteSigning) -> bytes:
    """Return the signed file.

    Raises:
        ExchangeError: there is none yet, or none will be (SIGNING_CLOSED).
    """
    if signing.signed is None:
        raise ExchangeError(ErrorCode.SIGNING_CLOSED, place=signing.state)
    return await _handed_out(services, signing, signing.signed, part="signed")


async def _handed_out(
    services: Services, signing: RemoteSigning, file: StoredFile, *, part: str
) -> bytes:
    line = audit_line(
        AuditEvent.SIGNING_READ,
        at=services.now(),
        actor=signing.system_id,
        subject=signing.signing_id,
        part=part,
    )
    await services.storage.audit.append(line)
    return await load_file(services, file)


def _require_open(signing: RemoteSigning, value: bytes, now: datetime) -> None:
    refusal = may_take(signing, value, now)
    if refusal is not None:
        raise refuse(refusal)


async def _taken(
    services: Services, signing: RemoteSigning, value: bytes
) -> RemoteSigning:
    """Check a value, and let the signing take it if it is the first."""
    try:
        check_value(KeptState.from_json(signing.kept), value)
    except CodedError as error:
        if error.code is ErrorCode.SIGNATURE_VALUE_WRONG:
            await _closed(services, signing, SigningState.REFUSED, error.code)
        raise
    after = replace(signing, state=SigningState.COMPLETING, value=value)
    line = _line(services, after, AuditEvent.SIGNING_COMPLETING)
    step = SigningStep(before=signing, after=after, audit=line)
    stored = await services.storage.signing.advance(step)
    _require_open(stored, value, signing.prepared_at)
    return stored


async def _made(services: Services, signing: RemoteSigning) -> RemoteSigning:
    """Make the signed file and store it; a file that was faster stays."""
    async with services.pdf_places.held():
        token, code = await token_for(services, signing)
        data = await _completed(services, signing, token)
        reached = Reached(data, SignatureLevel.B_B, code)
        if token:
            wanted = KeptState.from_json(signing.kept).level
            reached = await raised(services, data, wanted)
        file = await store_file(services, reached.data)
    after = replace(
        signing,
        state=SigningState.SIGNED,
        signed=file,
        level=reached.level,
        code=reached.code,
    )
    entry = log_entry(
        LogEntryType.DOCUMENT_SIGNED,
        at=services.now(),
        actor=services.hub.hub_id,
        subject=signing.signing_id,
        data=bytes.fromhex(file.sha256),
    )
    step = SigningStep(
        before=signing,
        after=after,
        audit=_line(services, after, AuditEvent.SIGNING_DONE),
        entry=pending(entry, entry_id=services.ids.new(services.now())),
    )
    stored = await services.storage.signing.advance(step)
    services.signals.recorded.ring()
    return stored


async def _completed(services: Services, signing: RemoteSigning, token: bytes) -> bytes:
    prepared = await load_file(services, signing.prepared)
    state = KeptState.from_json(signing.kept)
    asked = {
        "state": signing.kept.decode(),
        "value": b64encode(signing.value).decode("ascii"),
        "token": b64encode(token).decode("ascii"),
    }
    part = await signer_of(services).complete(
        prepared, instructions=json.dumps(asked).encode()
    )
    start, end = state.gap
    if len(part.contents) != end - start:
        raise ExchangeError(ErrorCode.PARSER_FAILED, place="contents")
    return b"".join((prepared[:start], part.contents, prepared[end:]))


async def _closed(
    services: Services,
    signing: RemoteSigning,
    state: SigningState,
    code: ErrorCode | None = None,
) -> RemoteSigning:
    after = replace(signing, state=state, code=code or "")
    event = (
        AuditEvent.SIGNING_EXPIRED
        if state is SigningState.EXPIRED
        else AuditEvent.SIGNING_REFUSED
    )
    line = _line(services, after, event)
    step = SigningStep(before=signing, after=after, audit=line)
    return await services.storage.signing.advance(step)


def _line(services: Services, signing: RemoteSigning, event: AuditEvent) -> AuditLine:
    return audit_line(
        event,
        at=services.now(),
        actor=signing.system_id,
        subject=signing.signing_id,
        state=signing.state,
    )
