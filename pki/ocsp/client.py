"""Asking an OCSP responder, and checking what it answers (RFC 6960 4.1, RFC 9654).

A nonce makes the answer a new one; a responder may leave it out, and then only the
times in the answer tell how new it is.
"""

import hmac
import secrets
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, OCSPExtensionOID

from pki.certificates import ReadCertificate, read_certificate
from pki.errors import PkiError
from pki.http_fetch import HttpFetcher, Question, read_address
from pki.names import UNREADABLE_CERTIFICATE
from pki.revocation.ocsp_evidence import ANSWER_BYTES, read_ocsp_answers
from schemas.errors import ErrorCode

_REQUEST = "application/ocsp-request"
_RESPONSE = "application/ocsp-response"
_NONCE_OCTETS = 32
# SHA-1 names an issuer here and proves nothing; many responders know no other.
_DIGESTS: tuple[SHA256 | SHA1, ...] = (SHA256(), SHA1())  # noqa: S303 as said


def ask_responder(
    fetcher: HttpFetcher,
    address: str,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
) -> bytes:
    """Return the answer about a certificate, DER; it says good or revoked.

    The issuer is named by SHA-256, and by SHA-1 if the responder does not know it so.

    Args:
        fetcher: carries the request.
        address: of the responder.
        certificate: asked about.
        issuer: its CA.

    Raises:
        PkiError: OCSP_ANSWER_INVALID, no answer that counts.
        OSError: the responder cannot be reached in time.
    """
    server = read_address(address)
    if server is None:
        raise PkiError(ErrorCode.OCSP_ANSWER_INVALID, place="address")
    for digest in _DIGESTS:
        nonce = secrets.token_bytes(_NONCE_OCTETS)
        question = Question(
            server=server,
            body=_request(certificate, issuer, digest, nonce),
            sends=_REQUEST,
            takes=(_RESPONSE,),
            limit=ANSWER_BYTES,
            name="OCSP answer",
        )
        answer = fetcher.ask(question)
        if is_answer(answer, certificate, issuer, nonce):
            return answer
    raise PkiError(ErrorCode.OCSP_ANSWER_INVALID, place=server.hostname or "")


def is_answer(
    answer: bytes, certificate: x509.Certificate, issuer: x509.Certificate, nonce: bytes
) -> bool:
    """Tell whether an answer is about this certificate, and counts.

    Args:
        answer: DER.
        certificate: asked about.
        issuer: its CA.
        nonce: of the request; another one in the answer makes it another answer.
    """
    try:
        said = read_ocsp_answers(answer)
        own, above = read_certificate(certificate), read_certificate(issuer)
    except PkiError:
        return False
    return _nonce_fits(answer, nonce) and any(
        one.is_known and one.concerns(own, above) and one.signed.signer_for(above)
        for one in said
    )


def responder_addresses(certificate: ReadCertificate) -> Iterable[str]:
    """Return where a certificate says that OCSP is spoken (RFC 5280 4.2.2.1)."""
    try:
        found = certificate.certificate.extensions.get_extension_for_class(
            x509.AuthorityInformationAccess
        ).value
    except (x509.ExtensionNotFound, *UNREADABLE_CERTIFICATE):
        return ()
    return [
        one.access_location.value
        for one in found
        if one.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    ]


def _request(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    digest: SHA256 | SHA1,
    nonce: bytes,
) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, digest)
    builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def is_prepared(answer: bytes) -> bool:
    """Tell whether a checked answer was made before it was asked for (no nonce)."""
    return _nonce_of(answer) is None


def _nonce_fits(answer: bytes, nonce: bytes) -> bool:
    own = _nonce_of(answer)
    return own is None or hmac.compare_digest(own, nonce)


def _nonce_of(answer: bytes) -> bytes | None:
    # It was read completely before, so that its extensions can be read.
    for one in ocsp.load_der_ocsp_response(answer).extensions:
        if one.oid == OCSPExtensionOID.NONCE and isinstance(one.value, x509.OCSPNonce):
            return one.value.nonce
    return None
