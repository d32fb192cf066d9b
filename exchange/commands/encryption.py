"""Attachments encrypted to recipients before they are sent.

The hub cannot look inside: what it would refuse is refused here, before encrypting.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from cryptography import x509
from cryptography.x509 import Certificate

from clients.encryption import encrypted as sealed
from clients.errors import ClientError
from pki.enveloped.content_key import require_recipient
from pki.errors import PkiError
from schemas.edxml.document import Attachment
from schemas.edxml.secrecy import is_secrecy_mark_line
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from signing.workers import Job, run_once

_PDF = b"%PDF-"


def encrypted(
    attachments: Iterable[Attachment], *, recipients: Sequence[OrganId], folder: Path
) -> list[Attachment]:
    """Return attachments encrypted to all recipients.

    Args:
        attachments: what to send.
        recipients: agencies, each by its own code.
        folder: holds the encryption certificate of each as CODE.pem; they are believed
            as they lie there.

    Raises:
        ClientError: a certificate is missing (ENCRYPTION_CERTIFICATE_MISSING), or a
            first page bears a secrecy mark (SECRECY_MARK).
        PkiError: a certificate is not one to encrypt to.
        SigningError: a first page cannot be read.
    """
    certificates = [_certificate(folder, one) for one in recipients]
    return sealed(without_marks(attachments), certificates)


def without_marks(attachments: Iterable[Attachment]) -> list[Attachment]:
    """Require of every PDF that its first page bears no secrecy mark (invariant 6).

    Raises:
        ClientError: it bears one (SECRECY_MARK).
        SigningError: it cannot be read.
    """
    return [_unmarked(one) for one in attachments]


def _certificate(folder: Path, code: OrganId) -> Certificate:
    try:
        data = (folder / f"{code}.pem").read_bytes()
    except OSError as error:
        missing = ErrorCode.ENCRYPTION_CERTIFICATE_MISSING
        raise ClientError(missing, place=code) from error
    unsuitable = PkiError(ErrorCode.ENCRYPTION_CERTIFICATE_UNSUITABLE, place=code)
    try:
        certificate = x509.load_pem_x509_certificate(data)
        require_recipient(certificate)
    except (ValueError, PkiError) as error:
        raise unsuitable from error
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begin <= datetime.now(UTC) <= end:
        raise unsuitable
    return certificate


def _unmarked(one: Attachment) -> Attachment:
    """Require that the first page of a PDF bears no secrecy mark (invariant 6)."""
    if not one.content.startswith(_PDF):
        return one
    if find_spec("pypdfium2") is None:
        raise ModuleNotFoundError(name="pypdfium2")
    lines = run_once(Job.FIRST_PAGE_LINES, one.content)
    if not isinstance(lines, tuple):
        raise ClientError(ErrorCode.PARSER_FAILED, place=one.name)
    if any(map(is_secrecy_mark_line, lines)):
        raise ClientError(ErrorCode.SECRECY_MARK, place=f"{one.name}, page 1")
    return one
