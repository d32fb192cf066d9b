"""Who used which key when, as a signed file tells: signers and those who stamped.

Time stamps found here are checked but for the chain of whom they are by, which is
judged where evidence about them is collected.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import new as new_hash
from re import compile as pattern

from asn1crypto import cms, core
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.general import extract_certificate_info, extract_signer_info

from pki.der import SEQUENCE, DerReader
from pki.purposes import KeyPurpose
from pki.tsa.client import open_token
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.reading import refusing_malformed

_DOCUMENT_STAMP = "/DocTimeStamp"
_TOKEN = "signature_time_stamp_token"  # noqa: S105 the name of an attribute
_MOST_TOKENS = 8
_GAP = pattern(rb"<(?:[0-9A-Fa-f]{2})+>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One use of a key.

    Args:
        field: of the form; that of the signature for a stamp on its value.
        certificate: whose key, DER.
        certificates: what came along, DER.
        usage: signing or stamping.
        at: when it is proven to have happened; None if nothing proves it.
        end: how far the bytes go that it covers.
        is_document_stamp: a time stamp on the whole document.
    """

    field: str
    certificate: bytes
    certificates: tuple[bytes, ...]
    usage: KeyPurpose
    at: datetime | None
    end: int
    is_document_stamp: bool = False


def read_acts(reader: PdfFileReader, source: bytes) -> tuple[Act, ...]:
    """Return all uses of keys in a file, in the order of the revisions.

    Raises:
        SigningError: PDF_ALREADY_BROKEN.
        PkiError: a time stamp is malformed, of something else or not sound.
    """
    found: list[Act] = []
    with refusing_malformed(ErrorCode.PDF_ALREADY_BROKEN):
        for name, _, reference in enumerate_sig_fields(reader, filled_status=True):
            value = reference.get_object()["/V"]
            if not isinstance(value, generic.DictionaryObject):
                raise SigningError(ErrorCode.PDF_ALREADY_BROKEN, place=name)
            found += _acts_of(name, _Signed.read(value, source))
    found.sort(key=lambda act: act.end)
    return tuple(_proven(found))


@dataclass(frozen=True, slots=True)
class _Signed:
    """One signature or document time stamp as it stands in the file."""

    source: bytes
    first: int
    second: int
    end: int
    is_document_stamp: bool

    @classmethod
    def read(cls, value: generic.DictionaryObject, source: bytes) -> "_Signed":
        start, first, second, rest = map(int, value["/ByteRange"])
        if start or _GAP.fullmatch(source, first, second) is None:
            raise SigningError(ErrorCode.PDF_ALREADY_BROKEN, place="ByteRange")
        is_stamp = value.get("/Type") == _DOCUMENT_STAMP
        return cls(source, first, second, second + rest, is_stamp)

    @property
    def contents(self) -> bytes:
        """The DER, without the padding."""
        padded = bytes.fromhex(self.source[self.first + 1 : self.second - 1].decode())
        return DerReader(padded).whole(SEQUENCE)

    def digest(self, hash_name: str) -> bytes:
        """Return the digest of what it covers."""
        digest = new_hash(hash_name)
        view = memoryview(self.source)
        digest.update(view[: self.first])
        digest.update(view[self.second : self.end])
        return digest.digest()


def _acts_of(field: str, signed: _Signed) -> Iterator[Act]:
    if signed.is_document_stamp:
        opened = open_token(signed.contents, signed.digest)
        yield Act(
            field=field,
            certificate=opened.certificate,
            certificates=opened.certificates,
            usage=KeyPurpose.TIME_STAMP,
            at=opened.at,
            end=signed.end,
            is_document_stamp=True,
        )
        return
    yield from _signature(field, signed)


def _signature(field: str, signed: _Signed) -> Iterator[Act]:
    content = cms.ContentInfo.load(signed.contents, strict=True)["content"]
    signer = extract_signer_info(content)
    known = extract_certificate_info(content)
    value = bytes(signer["signature"].native)
    stamps = [
        open_token(token, lambda name: new_hash(name, value).digest())
        for token in _tokens(signer)
    ]
    yield Act(
        field=field,
        certificate=known.signer_cert.dump(),
        certificates=tuple(one.dump() for one in known.other_certs),
        usage=KeyPurpose.DOCUMENT_ANY,
        at=min((one.at for one in stamps), default=None),
        end=signed.end,
    )
    for one in stamps:
        yield Act(
            field=field,
            certificate=one.certificate,
            certificates=one.certificates,
            usage=KeyPurpose.TIME_STAMP,
            at=one.at,
            end=signed.end,
        )


def _tokens(signer: cms.SignerInfo) -> Sequence[bytes]:
    unsigned = signer["unsigned_attrs"]
    if isinstance(unsigned, core.Void):
        return ()
    found = [
        token.dump()
        for attribute in unsigned
        if attribute["type"].native == _TOKEN
        for token in attribute["values"]
    ]
    if len(found) > _MOST_TOKENS:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="time stamps")
    return found


def _proven(acts: Sequence[Act]) -> Iterator[Act]:
    """Let a document time stamp prove the signatures it covers."""
    for index, act in enumerate(acts):
        if act.usage is KeyPurpose.TIME_STAMP:
            yield act
            continue
        later = [one.at for one in acts[index:] if one.is_document_stamp and one.at]
        times = [one for one in (act.at, *later) if one is not None]
        yield replace(act, at=min(times, default=None))
