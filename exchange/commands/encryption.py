"""Attachments encrypted to recipients before they are sent.

The hub cannot look inside: what it would refuse is refused here, before encrypting.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from cryptography import x509
from cryptography.x509 import Certificate

from clients.encryption import Recipient
from clients.encryption import encrypted as sealed
from clients.errors import ClientError
from exchange.commands.plain_text import on_one_line
from pki.certificates import fingerprint_of
from pki.enveloped.content_key import require_recipient
from pki.errors import PkiError
from pki.names import UNREADABLE_CERTIFICATE
from schemas.edxml.document import Attachment
from schemas.edxml.secrecy import is_secrecy_mark_line
from schemas.errors import ErrorCode, Text
from schemas.identifiers import OrganId
from schemas.pdf_file import has_pdf_end, has_pdf_header, is_called_pdf
from signing.workers import Job, run_once


def recipients_in(folder: Path, codes: Iterable[OrganId]) -> tuple[Recipient, ...]:
    """Return whom to encrypt to by certificates in a folder.

    Args:
        folder: holds the encryption certificate of each as CODE.pem; they are believed
            as they lie there.
        codes: of the agencies.

    Raises:
        ClientError: a certificate is missing (ENCRYPTION_CERTIFICATE_MISSING).
        PkiError: a certificate is not one to encrypt to.
    """
    return tuple(Recipient(one, one, _certificate(folder, one)) for one in codes)


def encrypted(
    attachments: Iterable[Attachment], recipients: Iterable[Recipient]
) -> list[Attachment]:
    """Return attachments encrypted to all recipients.

    Raises:
        ClientError: a first page bears a secrecy mark (SECRECY_MARK), or a PDF is none
            or cut off (PDF_MALFORMED).
        PkiError: there are no recipients.
        SigningError: a first page cannot be read.
    """
    unmarked = [_unmarked(one) for one in attachments]
    return sealed(unmarked, [one.certificate for one in recipients])


def recipient_fields(recipient: Recipient) -> dict[str, object]:
    """Return who will be able to read, for JSON."""
    return {
        "addressed": recipient.addressed,
        "certified": recipient.certified,
        "name": recipient.name,
        "sha256": fingerprint_of(recipient.certificate).hex(),
    }


def recipient_text(recipient: Recipient) -> Text:
    """Tell who will be able to read; that it is another agency is to be seen."""
    to, code = recipient.addressed, recipient.certified
    name = on_one_line(recipient.name)
    vi, en = f"Mã hóa cho {to}: {name}", f"Encrypted for {to}: {name}"
    if recipient.is_of_another:
        vi += f". Lưu ý: chứng thư mang mã {code} (cơ quan kế thừa hoặc mã khác)"
        en += f". Note: the certificate names {code} (a successor, or another code)"
    return Text(f"{vi}.", f"{en}.")


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
    except (*UNREADABLE_CERTIFICATE, PkiError) as error:
        raise unsuitable from error
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begin <= datetime.now(UTC) <= end:
        raise unsuitable
    return certificate


def _unmarked(one: Attachment) -> Attachment:
    """Require that the first page of a PDF bears no secrecy mark (invariant 6)."""
    if not _is_pdf(one):
        return one
    if find_spec("pypdfium2") is None:
        raise ModuleNotFoundError(name="pypdfium2")
    lines = run_once(Job.FIRST_PAGE_LINES, one.content)
    if not isinstance(lines, tuple):
        raise ClientError(ErrorCode.PARSER_FAILED, place=one.name)
    if any(map(is_secrecy_mark_line, lines)):
        raise ClientError(ErrorCode.SECRECY_MARK, place=f"{one.name}, page 1")
    return one


def _is_pdf(one: Attachment) -> bool:
    """Tell whether to look at a page, by what the hub would go by.

    Raises:
        ClientError: it is called a PDF and is none, or was cut off (PDF_MALFORMED).
    """
    begins = has_pdf_header(one.content)
    is_whole = begins and has_pdf_end(one.content)
    if not is_whole and (begins or is_called_pdf(one.name, one.content_type)):
        raise ClientError(ErrorCode.PDF_MALFORMED, place=one.name)
    return begins
