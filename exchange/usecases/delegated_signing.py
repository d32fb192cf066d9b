"""Which delegation let a stranger sign an envelope that was accepted."""

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.domain.delegations import FiledDelegation
from exchange.domain.records import Envelope
from exchange.services import Services, fingerprint
from exchange.usecases.directory import addressee, current_directory
from exchange.usecases.handing_out import body_of
from pki.names import agency_of
from schemas.document_kinds import document_kind_by_name
from schemas.edxml.body import BodyScanner
from schemas.edxml.document import EdxmlDocument
from schemas.edxml.reader import read
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import EnvelopeKind, EvidenceLevel
from schemas.xml import parse
from signing.xmldsig.verify import verify_envelope


@dataclass(frozen=True, slots=True)
class _Signed:
    """Who signed an envelope, and the kind of its document."""

    agency: OrganId | None
    certificate_sha256: str
    kind: str


async def delegations_behind(
    services: Services, envelope: Envelope
) -> tuple[FiledDelegation, ...]:
    """Return the delegation an envelope was accepted by; none where none was needed.

    What was revoked since still counted then.
    """
    is_signed = envelope.evidence_level is EvidenceLevel.SIGNED
    if envelope.kind is not EnvelopeKind.DOCUMENT or not is_signed:
        return ()
    at = envelope.accepted_at
    given = await services.storage.delegations.given_by(envelope.sender)
    counted = [one for one in given if one.filed_at <= at and one.holds(at)]
    if not counted:
        return ()
    signed = _signed(envelope, await body_of(services, envelope))
    if signed.agency is None or await _belongs(services, envelope, signed):
        return ()
    # It may bear the code of 2016; delegations are filed under the directory's own.
    delegate = addressee(await current_directory(services), signed.agency).code
    return _covering(counted, delegate, signed.kind)


def log_subjects(filed: FiledDelegation) -> tuple[EnvelopeId, ...]:
    """Return the subjects of the log entries that file and revoke a delegation."""
    begin = EnvelopeId(filed.delegation_id)
    end = EnvelopeId(f"{filed.delegation_id}/revoked")
    return (begin,) if filed.revoked_at is None else (begin, end)


def _covering(
    counted: Sequence[FiledDelegation], delegate: OrganId, kind: str
) -> tuple[FiledDelegation, ...]:
    for one in counted:
        said = one.delegation
        if said.delegate == delegate and kind in said.kinds:
            return (one,)
    return ()


def _signed(envelope: Envelope, body: bytes) -> _Signed:
    """Read a body that was verified when it was accepted."""
    scanner = BodyScanner(envelope.content_type)
    scanner.feed(body)
    scanned = scanner.finish()
    carried = {
        one.content_id: bytes.fromhex(one.carried_sha256) for one in scanned.attachments
    }
    verified = verify_envelope(parse(scanned.xml), attachments=carried)
    document = read(verified.content)
    kind = (
        document_kind_by_name(document.document_type.type_name)
        if isinstance(document, EdxmlDocument)
        else None
    )
    return _Signed(
        agency=agency_of(verified.certificate),
        certificate_sha256=fingerprint(verified.certificate),
        kind=kind.code if kind else "",
    )


async def _belongs(services: Services, envelope: Envelope, signed: _Signed) -> bool:
    agency = (await current_directory(services)).agency(envelope.sender)
    if agency and signed.agency in {agency.code, agency.code_2016}:
        return True
    system = await services.storage.directory.system(envelope.system_id)
    return system is not None and signed.certificate_sha256 in system.certificates
