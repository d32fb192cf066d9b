"""Attacks on revocation evidence and time stamps that come with a signature."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.der import OCTET_STRING, element, object_identifier, sequence
from pki.keys.api import Credential
from pki.kinds import TIME_STAMP_POLICY
from pki.tsa.stamp_token import Stamp, template_of
from schemas.errors import ErrorCode
from signing.pades.levels import Evidence
from signing.pades.store import add_evidence
from tests.support.attacks.model import FAILED, UNSURE, Attacked, Register, Row
from tests.support.certificates import SIGNER, Shape, authority, ca_shape, make
from tests.support.judged_pdf import PERSON, PKI, TRUSTED, roomy
from tests.support.pki import NOW, HeldKey, TestCa, TestPki
from tests.support.stock_signer import time_stamped
from tests.support.time_stamps import TSA_SHAPE, tsa_credential
from tests.support.timed_pdf import token_for, value_of, with_attributes, with_token

ATTACKS = Register()
_HOUR = timedelta(hours=1)
_GOOD, _REVOKED = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED
_SHA256 = bytes.fromhex("0609608648016503040201")
_RESPONDER = Shape(
    common_name="OCSP",
    organ_id=None,
    key_usage=frozenset({"digital_signature"}),
    eku=(ExtendedKeyUsageOID.OCSP_SIGNING,),
    extra=((x509.OCSPNoCheck(), False),),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """Who says "good" about whose certificate, and when."""

    issuer: TestCa
    responder: Credential
    at: datetime = NOW - _HOUR
    until: datetime = NOW + _HOUR
    revoked_at: datetime | None = None

    def about(self, certificate: x509.Certificate) -> bytes:
        key = self.responder.key
        if not isinstance(key, HeldKey):
            raise TypeError
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=certificate,
                issuer=self.issuer.credential.certificate,
                algorithm=hashes.SHA1(),
                cert_status=_REVOKED if self.revoked_at else _GOOD,
                this_update=self.at,
                next_update=self.until,
                revocation_time=self.revoked_at,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self.responder.certificate)
            .certificates([self.responder.certificate])
        )
        return builder.sign(key.private, hashes.SHA256()).public_bytes(Encoding.DER)


def _sibling() -> TestCa:
    return authority(PKI.root, ca_shape("CA khác"))


def _good() -> _Answer:
    return _Answer(issuer=PKI.issuing, responder=make(PKI.issuing, _RESPONDER))


def _by(shape: Shape) -> _Answer:
    return replace(_good(), responder=make(PKI.issuing, shape))


def _with(answer: Callable[[], _Answer]) -> Attacked:
    """Give this answer in place of the list of the issuing CA."""
    found = answer().about(PERSON.certificate)
    return Attacked(roomy(), replace(TRUSTED, crls=(PKI.root.crl(),), ocsps=(found,)))


def good_answer(certificate: x509.Certificate, issuer: TestCa) -> bytes:
    """Return a genuine answer about a certificate."""
    responder = make(issuer, _RESPONDER)
    return _Answer(issuer=issuer, responder=responder).about(certificate)


def genuine_answer() -> Attacked:
    """Show that a good answer counts."""
    return _with(_good)


_UNCHECKED = ErrorCode.REVOCATION_UNCHECKED
_STALE = ErrorCode.REVOCATION_STALE
for _name, _row, _answer, _code, _how in (
    (
        "sibling-answers",
        Row.OCSP_ISSUER,
        lambda: replace(_good(), responder=make(_sibling(), _RESPONDER)),
        _UNCHECKED,
        "the responder of a sibling CA",
    ),
    (
        "sibling-named",
        Row.OCSP_ISSUER,
        lambda: replace(_good(), issuer=_sibling()),
        _UNCHECKED,
        "about the same serial of a sibling CA",
    ),
    (
        "root-answers",
        Row.OCSP_ISSUER,
        lambda: replace(_good(), responder=make(PKI.root, _RESPONDER)),
        _UNCHECKED,
        "the responder of the root",
    ),
    (
        "no-purpose",
        Row.OCSP_USAGE,
        lambda: _by(replace(_RESPONDER, eku=())),
        _UNCHECKED,
        "a responder without OCSPSigning",
    ),
    (
        "a-person-answers",
        Row.OCSP_USAGE,
        lambda: _by(Shape(key_usage=SIGNER)),
        _UNCHECKED,
        "a person's certificate answers",
    ),
    (
        "responder-expired",
        Row.OCSP_RESPONDER,
        lambda: _by(replace(_RESPONDER, not_after=NOW - 2 * _HOUR)),
        _UNCHECKED,
        "a responder that has expired",
    ),
    (
        "responder-unchecked",
        Row.OCSP_RESPONDER,
        lambda: _by(replace(_RESPONDER, extra=())),
        _UNCHECKED,
        "a responder whose own status nobody knows",
    ),
    (
        "replayed",
        Row.OCSP_REPLAY,
        lambda: replace(_good(), at=NOW - 9 * _HOUR, until=NOW - 8 * _HOUR),
        _STALE,
        "an answer that was good before",
    ),
):
    ATTACKS.put(f"ocsp-{_name}", partial(_with, _answer), _row, UNSURE, _code, _how)


@ATTACKS.add(
    Row.OCSP_ISSUER,
    UNSURE,
    ErrorCode.CERTIFICATE_REVOKED,
    "40 answers of a sibling CA added to /DSS, to hide a genuine one",
)
def ocsp_flood() -> Attacked:
    forged = replace(_good(), responder=make(_sibling(), _RESPONDER))
    ats = (NOW + timedelta(minutes=one) for one in range(40))
    flood = tuple(replace(forged, at=at).about(PERSON.certificate) for at in ats)
    told = replace(_good(), revoked_at=NOW - _HOUR).about(PERSON.certificate)
    before = (PKI.root.crl(), PKI.issuing.crl(NOW - 2 * _HOUR))
    given = replace(TRUSTED, crls=before, ocsps=(told,))
    return Attacked(add_evidence(roomy(), Evidence((), (), flood)), given)


_Builder = x509.CertificateRevocationListBuilder


def _listed(build: Callable[[_Builder], _Builder]) -> Attacked:
    plain = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(PKI.issuing.credential.certificate.subject)
        .last_update(NOW - _HOUR)
        .next_update(NOW + _HOUR)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    signed = build(plain).sign(PKI.issuing.private, hashes.SHA256())
    crls = (PKI.root.crl(), signed.public_bytes(Encoding.DER))
    return Attacked(roomy(), replace(TRUSTED, crls=crls))


@ATTACKS.add(Row.OTHER_LIST, UNSURE, _UNCHECKED, "a delta list without its base")
def list_delta_alone() -> Attacked:
    delta = x509.DeltaCRLIndicator(1)
    return _listed(lambda one: one.add_extension(delta, critical=True))


@ATTACKS.add(Row.OTHER_LIST, UNSURE, _UNCHECKED, "a list of CA certificates only")
def list_of_another_scope() -> Attacked:
    point = x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=True,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    return _listed(lambda one: one.add_extension(point, critical=True))


@ATTACKS.add(Row.OTHER_LIST, UNSURE, _STALE, "a list that ran out")
def list_replayed() -> Attacked:
    lists = (PKI.root.crl(), PKI.issuing.crl(at=NOW - timedelta(30)))
    return Attacked(roomy(), replace(TRUSTED, crls=lists))


def _stamped(token: Callable[[bytes], bytes], signed: bytes | None = None) -> bytes:
    """Put a token on the signature of the letter, for its value."""
    source = signed or roomy()
    return with_token(source, token(value_of(source)))


def _token_by(shape: Shape, value: bytes) -> bytes:
    """Stamp with a certificate of any shape, as no authority of ours would."""
    credential = tsa_credential(PKI, shape)
    template = template_of(credential)
    imprint = sequence(sequence(_SHA256), element(OCTET_STRING, sha256(value).digest()))
    stamp = Stamp(
        policy=object_identifier(TIME_STAMP_POLICY),
        imprint=imprint,
        serial=7,
        at=NOW,
        accuracy=1000,
        nonce=None,
    )
    info = stamp.encode()
    signed = template.signed_attributes(info)
    signature = credential.key.sign(signed, template.scheme)
    return template.assemble(info, signature, with_certificates=True)


_EKU = ExtendedKeyUsageOID
for _name, _uses, _critical, _how in (
    ("without-purpose", (), True, "a certificate without timeStamping"),
    (
        "with-more-purposes",
        (_EKU.TIME_STAMPING, _EKU.CODE_SIGNING),
        True,
        "a certificate that may do more than stamp",
    ),
    (
        "purpose-not-critical",
        (_EKU.TIME_STAMPING,),
        False,
        "a certificate whose purpose is not critical",
    ),
):
    _uses_ext = ((x509.ExtendedKeyUsage(_uses), _critical),) if _uses else ()
    _shape = replace(TSA_SHAPE, extra=_uses_ext)
    ATTACKS.put(
        f"stamp-{_name}",
        partial(_stamped, partial(_token_by, _shape)),
        Row.STAMP_USAGE,
        UNSURE,
        ErrorCode.CERTIFICATE_USAGE_WRONG,
        _how,
    )


@ATTACKS.add(
    Row.STAMP_IMPRINT, UNSURE, ErrorCode.TIME_STAMP_MISMATCH, "a token of another value"
)
def stamp_of_another_value() -> bytes:
    tsa = tsa_credential(PKI)
    return _stamped(lambda _: token_for(b"another value", tsa))


@ATTACKS.add(
    Row.STAMP_IMPRINT, UNSURE, ErrorCode.CHAIN_NOT_FOUND, "a token of a stranger"
)
def stamp_of_a_stranger() -> bytes:
    tsa = tsa_credential(TestPki.create("Lạ"))
    return _stamped(lambda value: token_for(value, tsa))


@ATTACKS.add(Row.STAMP_IMPRINT, FAILED, ErrorCode.CMS_INVALID, "noise for a token")
def stamp_is_noise() -> bytes:
    return with_attributes(roomy(), ("1.2.3.4.5", [b"\x05\x00"]))


def _retyped(old: bytes, new: bytes) -> bytes:
    stamped = time_stamped(roomy())
    at = stamped.rindex(old)
    return stamped[:at] + new + stamped[at + len(old) :]


_FORM = ErrorCode.SIGNATURE_DICTIONARY_INVALID
for _name, _new in (("signature", b"/Type /Sig         "), ("nothing", b" " * 19)):
    ATTACKS.put(
        f"document-stamp-typed-{_name}",
        partial(_retyped, b"/Type /DocTimeStamp", _new),
        Row.STAMP_FORM,
        FAILED,
        _FORM,
        f"a document time-stamp whose /Type is {_name}",
    )
