"""Documents to sign, signed documents, and what befalls them."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

from pyhanko.pdf_utils.generic import FloatObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from pki.keys.api import Credential
from signing.pades.request import SignRequest
from signing.pades.signer import sign_pdf
from signing.profiles import Placement, SignerRole, person_rectangle
from tests.support.pki import NOW

_ROOT = Path(__file__).parents[2]
_DEMO = _ROOT / "exchange" / "demo" / "data"

SAMPLE_FOLDER = _ROOT / "tests" / "vectors" / "samples"
LETTER = _DEMO / "cong-van.pdf"
FORM = SAMPLE_FOLDER / "bieu-mau.pdf"
ANNEX = SAMPLE_FOLDER / "phu-luc-ke-hoach.pdf"
SCAN = SAMPLE_FOLDER / "ban-sao-scan.pdf"
SAMPLES = (LETTER, *sorted({*SAMPLE_FOLDER.glob("*.pdf")} - {ANNEX, SCAN}))
"""Documents with the heading of an official document as text."""

SIGNATURE_PNG = (_DEMO / "chu-ky-mau.png").read_bytes()
SEAL_PNG = (_DEMO / "con-dau-mau.png").read_bytes()

PERSON = SignRequest(role=SignerRole.PERSON, at=NOW)
SEAL = SignRequest(role=SignerRole.AGENCY_SEAL, at=NOW)


def sample(stem: str) -> bytes:
    """Read the sample document called `stem`."""
    folder = LETTER.parent if stem == LETTER.stem else SAMPLE_FOLDER
    return (folder / f"{stem}.pdf").read_bytes()


def letter_place() -> Placement:
    """The blank space of the letter between title and name of the signer."""
    return person_rectangle(2, centre_x=425, y_from=391, y_to=463)


def sign(
    source: bytes,
    credential: Credential,
    request: SignRequest = PERSON,
    /,
    **changes: object,
) -> bytes:
    """Sign `source` with a request that differs in `changes`."""
    changed = replace(request, **changes)  # type: ignore[arg-type]  # by field name
    return sign_pdf(source, credential=credential, request=changed)


def signatures(signed: bytes) -> list[EmbeddedPdfSignature]:
    """Read the signatures of a document with the library's own reader."""
    return list(PdfFileReader(BytesIO(signed)).embedded_signatures)


def tampered(signed: bytes) -> bytes:
    """Change one byte that the first signature covers, and nothing's meaning."""
    at = signed.index(b"%PDF-1.") + len(b"%PDF-1.")
    other = b"5" if signed[at : at + 1] == b"4" else b"4"
    return signed[:at] + other + signed[at + 1 :]


def with_bad_value(signed: bytes) -> bytes:
    """Change the last octet of the signature value of the last signature."""
    last = signatures(signed)[-1]
    value = last.signer_info["signature"].native
    changed = value[:-1] + bytes([value[-1] ^ 1])
    return signed.replace(value.hex().upper().encode(), changed.hex().upper().encode())


def with_moved_page_edge(signed: bytes) -> bytes:
    """Change the first page by a later revision, which no signature covers."""
    stream = BytesIO(signed)
    writer = IncrementalPdfFileWriter(stream)
    page = writer.root["/Pages"]["/Kids"][0]
    page[pdf_name("/UserUnit")] = FloatObject(2)
    writer.update_container(page)
    writer.write_in_place()
    return stream.getvalue()
