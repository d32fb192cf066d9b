"""Signatures with time stamps and stores of any kind, also wrong ones."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256

from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.fields import SigSeedSubFilter

from pki.der import element, object_identifier, sequence
from pki.keys.api import Credential
from pki.trust import TrustMaterial
from pki.tsa.stamp_token import Stamp, template_of
from schemas.verdict import SignatureVerdict, Verdict
from signing.pades.levels import Evidence
from signing.pades.stamped import add_time_stamp
from signing.pades.store import add_evidence
from signing.profiles import SignatureLevel
from signing.validation.der import contents, value_end
from signing.validation.pdf import judge_pdf
from tests.support.certificates import Shape
from tests.support.judged_pdf import gap
from tests.support.levels import LevelDesk
from tests.support.odd_cms import with_contents
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER
from tests.support.stock_signer import stock_signed
from tests.support.time_stamps import TSA_SHAPE, tsa_credential

LONG = replace(TSA_SHAPE, not_after=NOW + timedelta(days=1800))
"""Of an authority that outlives the signers."""

Attribute = tuple[str, Sequence[bytes]]
TOKEN = "1.2.840.113549.1.9.16.2.14"


def desk(shape: Shape = LONG, **changes: object) -> LevelDesk:
    """Open a desk whose time stamping authority has a certificate of this shape."""
    pki = TestPki.create()
    return LevelDesk(pki=pki, _tsa=tsa_credential(pki, shape), **changes)  # type: ignore[arg-type]  # a test's own words


def roots(*desks: LevelDesk) -> TrustMaterial:
    """Trust the roots of these desks, and know nothing else."""
    return TrustMaterial(tuple(one.material().roots[0] for one in desks))


def everything(*desks: LevelDesk) -> TrustMaterial:
    """Know all that these desks publish now."""
    found = [one.material() for one in desks]
    return TrustMaterial(
        tuple(der for one in found for der in one.roots),
        tuple(der for one in found for der in one.intermediates),
        tuple(der for one in found for der in one.crls),
    )


def verdict_on(data: bytes, material: TrustMaterial, at: datetime = NOW) -> Verdict:
    """Judge a file in this process."""
    return judge_pdf(data, material=material, at=at)


def first(verdict: Verdict) -> SignatureVerdict:
    """Return the verdict on the first signature."""
    return verdict.signatures[0]


@cache
def example(level: SignatureLevel) -> tuple[LevelDesk, bytes]:
    """Return a desk and a letter signed there at `level`."""
    made = desk()
    return made, made.signed(LETTER.read_bytes(), level)


def archived(data: bytes, by: LevelDesk, *about: LevelDesk) -> bytes:
    """Put what the desks publish into the store, and a time stamp over it."""
    found = everything(*(about or (by,)))
    evidence = Evidence((*found.roots, *found.intermediates), found.crls)
    return add_time_stamp(add_evidence(data, evidence), by.services())


def plain(by: LevelDesk, signer: Credential | None = None) -> bytes:
    """Sign the letter by another program, with much room behind the value."""
    source, credential = LETTER.read_bytes(), signer or by.pki.person()
    return stock_signed(source, credential, "person", subfilter=SigSeedSubFilter.PADES)


def signature_der(signed: bytes) -> bytes:
    """Return the DER of the last signature, without its padding."""
    start, end = gap(signed)
    octets = bytes.fromhex(signed[start + 1 : end - 1].decode())
    return octets[: value_end(octets)]


def value_of(signed: bytes) -> bytes:
    """Return the value of the last signature."""
    info = cms.ContentInfo.load(signature_der(signed))
    return bytes(info["content"]["signer_infos"][0]["signature"].native)


def token_for(value: bytes, credential: Credential, at: datetime = NOW) -> bytes:
    """Have octets stamped by whoever has the key, whether that is allowed or not."""
    imprint = {
        "hash_algorithm": {"algorithm": "sha256"},
        "hashed_message": sha256(value).digest(),
    }
    info = Stamp(
        policy=object_identifier(x509.ObjectIdentifier("1.2.3.4")),
        imprint=tsp.MessageImprint(imprint).dump(),
        serial=1,
        at=at,
        accuracy=500,
        nonce=None,
    ).encode()
    template = template_of(credential)
    attributes = template.signed_attributes(info)
    signature = credential.key.sign(attributes, template.scheme)
    return template.assemble(info, signature, with_certificates=True)


def with_attributes(signed: bytes, *attributes: Attribute) -> bytes:
    """Put unsigned attributes into the last signature."""
    return with_contents(signed, with_unsigned(signature_der(signed), *attributes))


def with_unsigned(signed_data: bytes, *attributes: Attribute) -> bytes:
    """Append unsigned attributes to the one signer of a ContentInfo."""
    kind, explicit = contents(signed_data)
    (inner,) = contents(explicit)
    *parts, signers = contents(inner)
    (signer,) = contents(signers)
    unsigned = element(0xA1, b"".join(map(_attribute, attributes)))
    changed = sequence(*contents(signer), unsigned)
    whole = sequence(*parts, element(0x31, changed))
    return sequence(kind, element(0xA0, whole))


def _attribute(attribute: Attribute) -> bytes:
    kind, values = attribute
    identifier = core.ObjectIdentifier(kind).dump()
    return sequence(identifier, element(0x31, b"".join(values)))


def with_token(signed: bytes, token: bytes) -> bytes:
    """Put a time stamp on the last signature."""
    return with_attributes(signed, (TOKEN, [token]))


def der(certificate_owner: Credential) -> bytes:
    """Return the certificate."""
    return certificate_owner.certificate.public_bytes(Encoding.DER)
