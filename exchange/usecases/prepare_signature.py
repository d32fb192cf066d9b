"""Prepare a document for a signature whose key is elsewhere."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from ulid import ULID

from exchange.domain.decisions import Refuse
from exchange.domain.signing import RemoteSigning, SigningStep, may_prepare
from exchange.domain.signing_tasks import SigningTask
from exchange.errors import ExchangeError
from exchange.services import Caller, PdfSigner, Services
from exchange.usecases.auditing import audit_line, refusals_audited
from exchange.usecases.signer import refusal_of
from exchange.usecases.signing_files import store_file
from exchange.usecases.signing_tasks import task_for, tie
from exchange.usecases.storing import refuse
from pki.names import UNREADABLE_CERTIFICATE, agency_of
from pki.purposes import KeyPurpose
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import AuditEvent, SigningState
from signing.pades.kept import KeptState
from signing.pades.remote_request import RemoteRequest
from signing.profiles import SignatureLevel
from signing.workers.made import PreparedPart

MAX_CERTIFICATES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareSignature:
    """What a system hands in.

    Args:
        document: a PDF file.
        certificates: PEM of the signer's and of those above it.
        request: JSON of what is asked for.
        image: PNG of the signature or the seal; empty without one.
        task: of somebody at the console, for which this is; empty without one.
    """

    caller: Caller
    document: bytes
    certificates: bytes
    request: bytes
    image: bytes = b""
    task: str = ""


async def prepare_signature(
    services: Services, command: PrepareSignature
) -> RemoteSigning:
    """Prepare a document; nothing is kept of one that is refused.

    Raises:
        CodedError: the caller, the certificate, the request or the document is
            refused; no worker answers (SERVICE_UNAVAILABLE).
    """
    async with refusals_audited(
        services,
        command.caller,
        subject="signing",
        event=AuditEvent.SIGNING_REFUSED,
    ):
        signer = signer_of(services)
        wanted = RemoteRequest.from_json(command.request).level
        room = services.room.octets if _is_stamped(services, wanted) else 0
        chain = _certificates(command.certificates)
        agency = _agency(services, command.caller, chain)
        task = await _task(services, command)
        async with services.pdf_places.held():
            instructions = _instructions(command, chain, room)
            part = await signer.prepare(
                command.document, instructions=instructions, at=services.now()
            )
            signing = await _stored(services, command, part, agency)
        if task is not None:
            await tie(services, task, signing)
        return signing


async def _task(services: Services, command: PrepareSignature) -> SigningTask | None:
    if not command.task:
        return None
    return await task_for(
        services,
        command.caller,
        command.task,
        document=command.document,
        request=command.request,
    )


def signer_of(services: Services) -> PdfSigner:
    """Return who prepares and completes.

    Raises:
        ExchangeError: this process has no workers (SERVICE_UNAVAILABLE).
    """
    if services.signer is None:
        raise ExchangeError(ErrorCode.SERVICE_UNAVAILABLE, place="signing")
    return services.signer


async def _stored(
    services: Services,
    command: PrepareSignature,
    part: PreparedPart,
    agency: OrganId,
) -> RemoteSigning:
    now = services.now()
    KeptState.from_json(part.kept)
    file = await store_file(services, command.document + part.added)
    signing = RemoteSigning(
        signing_id=str(ULID()),
        system_id=command.caller.system.system_id,
        agency=agency,
        state=SigningState.PREPARED,
        prepared_at=now,
        expires_at=now + timedelta(seconds=services.limits.signing_seconds),
        prepared=file,
        kept=part.kept,
    )
    line = audit_line(
        AuditEvent.SIGNING_PREPARED,
        at=now,
        actor=signing.system_id,
        subject=signing.signing_id,
        agency=agency,
        prepared=file.sha256,
    )
    step = SigningStep(before=None, after=signing, audit=line)
    return await services.storage.signing.advance(step)


def _instructions(
    command: PrepareSignature, chain: Sequence[x509.Certificate], room: int
) -> bytes:
    der = [one.public_bytes(Encoding.DER) for one in chain]
    fields = {
        "request": command.request.decode(),
        "certificates": [b64encode(one).decode() for one in der],
        "image": b64encode(command.image).decode(),
        "room": room,
    }
    return json.dumps(fields).encode()


def _is_stamped(services: Services, wanted: SignatureLevel) -> bool:
    return services.stamps is not None and wanted.includes(SignatureLevel.B_T)


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(pem)
    except UNREADABLE_CERTIFICATE as error:
        raise ExchangeError(ErrorCode.CERTIFICATE_MALFORMED) from error
    if len(found) > MAX_CERTIFICATES:
        raise ExchangeError(ErrorCode.LIMIT_EXCEEDED, place="certificates")
    return found


def _agency(
    services: Services, caller: Caller, chain: Sequence[x509.Certificate]
) -> OrganId:
    """Judge the signer's certificate, then whether the caller acts for its agency."""
    own, *above = chain
    now = services.now()
    judgement = services.trust.judge(
        own, intermediates=above, at=now, usage=KeyPurpose.DOCUMENT_ANY
    )
    refusal = refusal_of(judgement)
    found = refusal or may_prepare(caller.system, agency_of(own), now)
    if isinstance(found, Refuse):
        raise refuse(found)
    return found
