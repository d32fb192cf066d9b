"""What must hold before a document is signed.

No secrecy mark, no active content, no earlier signature broken, no lock, and the order
of Decree 30/2020/NĐ-CP.
"""

from cryptography.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import read_certification_data

from schemas.edxml.secrecy import is_secrecy_mark_line
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.active import refuse_active_content
from signing.pades.existing import ExistingSignature, existing_signatures
from signing.pades.reading import Octets, refusing_malformed
from signing.pades.text_lines import DocumentText
from signing.pades.turns import require_turn
from signing.profiles import SignerRole


def admit(
    reader: PdfFileReader,
    source: Octets,
    *,
    role: SignerRole,
    certificate: Certificate,
) -> tuple[ExistingSignature, ...]:
    """Return the signatures of a document that `certificate` may sign as `role`.

    Raises:
        SigningError: PDF_ACTIVE_CONTENT, PDF_FORM_XFA, PDF_FILES_EMBEDDED,
            PDF_ALREADY_BROKEN, PDF_SIGNING_FORBIDDEN, PDF_MALFORMED, and what
            `require_turn` raises.
    """
    with refusing_malformed():
        refuse_active_content(reader, source)
    existing = existing_signatures(reader, source)
    _refuse_locked(reader)
    require_turn(existing, role, certificate)
    return existing


def refuse_secret(text: DocumentText | None) -> None:
    """Refuse a document with a secrecy stamp on its first page.

    Circular 41/2017/TT-BTTTT does not cover signing state secrets.

    Args:
        text: what is printed on it; None where nobody read it.

    Raises:
        SigningError: SECRECY_MARK.
    """
    if text is not None and any(map(is_secrecy_mark_line, text.first_page)):
        raise SigningError(ErrorCode.SECRECY_MARK, place="page 1")


def _refuse_locked(reader: PdfFileReader) -> None:
    """Respect a certification that allows no change (ISO 32000-2 12.8.2.2)."""
    with refusing_malformed():
        certification = read_certification_data(reader)
    if certification and certification.permission is MDPPerm.NO_CHANGES:
        raise SigningError(ErrorCode.PDF_SIGNING_FORBIDDEN, place="DocMDP")
