"""Time stamps in a PDF: on a signature, and on the whole document."""

from hashlib import new as new_hash

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, enumerate_sig_fields
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp

from pki.errors import PkiError
from pki.tsa.client import TimeStamp
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.levels import SigningServices
from signing.pades.reading import open_pdf, refusing_malformed
from signing.pades.revision import HEX_DIGITS_PER_OCTET, Increment, PreparedRevision

FIELD_PREFIX = "lienthong-time-"
_LABEL = "Dấu thời gian"
_HASH = "sha256"


def stamp_value(
    value: bytes, hash_name: str, services: SigningServices, *, room: int
) -> TimeStamp:
    """Have a signature value stamped (EN 319 122-1 clause 5.3).

    Args:
        value: of the signature.
        hash_name: digest algorithm, by its `hashlib` name.
        services: who stamps.
        room: octets kept for the token.

    Raises:
        PkiError: TIME_STAMP_UNAVAILABLE.
        SigningError: TIME_STAMP_TOO_LARGE.
    """
    stamp = _stamp(new_hash(hash_name, value).digest(), hash_name, services)
    if len(stamp.token) > room:
        raise SigningError(ErrorCode.TIME_STAMP_TOO_LARGE, place=str(len(stamp.token)))
    return stamp


def add_time_stamp(source: bytes, services: SigningServices) -> bytes:
    """Return `source` with a document time stamp (EN 319 142-1 clause 5.4.3).

    A token larger than any before costs a second one: the room is part of what is
    stamped.

    Raises:
        PkiError: TIME_STAMP_UNAVAILABLE.
        SigningError: PDF_MALFORMED, TIME_STAMP_TOO_LARGE.
    """
    stamped = _try(source, services) or _try(source, services)
    if stamped is None:
        raise SigningError(ErrorCode.TIME_STAMP_TOO_LARGE, place="document")
    return stamped


def _try(source: bytes, services: SigningServices) -> bytes | None:
    """Return the stamped file; None if the token needs more room than there was."""
    room = services.room.octets
    with refusing_malformed():
        prepared = prepare_time_stamp(open_pdf(source), room)
    token = _stamp(prepared.digest, _HASH, services).token
    return prepared.complete(token) if len(token) <= room else None


def _stamp(digest: bytes, hash_name: str, services: SigningServices) -> TimeStamp:
    if services.stamps is None:
        raise PkiError(ErrorCode.TIME_STAMP_UNAVAILABLE, place="no server")
    stamp = services.stamps.stamp(digest, hash_name)
    services.room.learn(stamp.token)
    return stamp


def prepare_time_stamp(reader: PdfFileReader, room: int) -> PreparedRevision:
    """Append room for a document time stamp to the stream under `reader`."""
    taken = {name for name, *_ in enumerate_sig_fields(reader)}
    number = next(n for n in range(1, len(taken) + 2) if _name(n) not in taken)
    writer = Increment.from_reader(reader)
    writer.register_extension(ESIC_EXTENSION_1)
    field = SigFieldSpec(_name(number), readable_field_name=_LABEL)
    embedder = PdfCMSEmbedder(field).write_cms(field.sig_field_name, writer)
    next(embedder)
    dictionary = DocumentTimestamp(bytes_reserved=room * HEX_DIGITS_PER_OCTET)
    embedder.send(SigObjSetup(dictionary))
    byte_range, stream = embedder.send(SigIOSetup(md_algorithm=_HASH, in_place=True))
    return PreparedRevision(stream, byte_range)


def _name(number: int) -> str:
    return f"{FIELD_PREFIX}{number}"
