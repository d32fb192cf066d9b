"""Getting a certificate for a key made here, over EST (RFC 7030)."""

import http.client
import ssl
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from clients.addresses import https_address
from clients.errors import ClientError, RefusedError, UnreachableError
from clients.transport import read_problem
from pki.files import PRIVATE, write_atomically
from pki.keys.api import Credential
from pki.keys.software import SoftwareKey, save_pkcs8
from schemas.errors import ErrorCode

_EST = "/.well-known/est"
_SECONDS = 60.0
_MOST_BYTES = 1024 * 1024
_DONE, _PENDING = 200, 202
_SPACE = b" \t\r\n"
_NO_NAME = x509.Name([])


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentCall:
    """Where to enrol, and as whom.

    Args:
        url: address of the enrolment listener.
        authority: PEM certificates that vouch for its TLS certificate.
        code_id: of a one-time code; empty for a renewal.
        secret: of the code.
        current: key and certificate that are renewed.
    """

    url: str
    authority: Path
    code_id: str = ""
    secret: str = field(default="", repr=False)
    current: Credential | None = None


def make_request(key: SoftwareKey, subject: x509.Name = _NO_NAME) -> bytes:
    """Make a request for a key (PKCS #10, DER).

    Args:
        key: the key.
        subject: of the certificate that is renewed (RFC 7030 4.2.2); a code's order
            says whom a first one names.
    """
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key.private, hashes.SHA256()).public_bytes(Encoding.DER)


def enrol(call: EnrolmentCall, key: SoftwareKey, request: bytes) -> Credential | None:
    """Ask for a certificate; the same request again gives the same certificate.

    Args:
        call: where and as whom.
        key: the key of the request.
        request: made by `make_request`, kept until the certificate is there.

    Returns:
        The key with its certificate and its issuer's; None while approvals are
        missing.

    Raises:
        ClientError: refused (RefusedError), not reached (UnreachableError), or an
            answer that does not fit (ANSWER_MALFORMED).
    """
    operation = "simplereenroll" if call.current else "simpleenroll"
    with _connection(call) as connection:
        answer = _ask(connection, "POST", operation, _headers(call), b64encode(request))
        if answer is None:
            return None
        known = _ask(connection, "GET", "cacerts", {}) or b""
    issued = _certificates(answer)
    if len(issued) != 1 or issued[0].public_key() != key.public_key:
        raise ClientError(ErrorCode.ANSWER_MALFORMED, place=operation)
    issuer = _issuer_of(issued[0], _certificates(known))
    return Credential(key, issued[0], (issuer,))


def _headers(call: EnrolmentCall) -> Mapping[str, str]:
    headers = {"Content-Type": "application/pkcs10"}
    if call.current is None:
        pair = b64encode(f"{call.code_id}:{call.secret}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    return headers


@contextmanager
def _connection(call: EnrolmentCall) -> Iterator[http.client.HTTPSConnection]:
    parts = https_address(call.url)
    if parts is None:
        raise ClientError(ErrorCode.CONFIGURATION_INVALID, place="url")
    host = parts.hostname or ""
    connection = http.client.HTTPSConnection(
        host, parts.port, timeout=_SECONDS, context=_tls(call)
    )
    try:
        yield connection
    except ssl.SSLCertVerificationError as error:
        code = ErrorCode.HUB_NOT_RECOGNISED
        raise UnreachableError(place=error.verify_message, code=code) from error
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(place=host) from error
    finally:
        connection.close()


def _tls(call: EnrolmentCall) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=str(call.authority))
    except (OSError, ssl.SSLError) as error:
        place = call.authority.name
        raise ClientError(ErrorCode.CONFIGURATION_INVALID, place=place) from error
    if call.current is not None:
        _present(context, call.current)
    return context


def _present(context: ssl.SSLContext, current: Credential) -> None:
    """Show a certificate; OpenSSL takes a file alone: its key encrypted."""
    if not isinstance(current.key, SoftwareKey):
        raise ClientError(ErrorCode.KEY_UNREADABLE, place="token")
    chain = (current.certificate, *current.chain)
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "current.pem"
        secret = token_bytes(32).hex().encode()
        write_atomically(path, save_pkcs8(current.key, secret) + pem, mode=PRIVATE)
        context.load_cert_chain(path, password=secret)


def _ask(
    connection: http.client.HTTPSConnection,
    method: str,
    operation: str,
    headers: Mapping[str, str],
    body: bytes = b"",
) -> bytes | None:
    """Return the DER of an answer; None while it is pending."""
    accept = {"Accept": "application/pkcs7-mime, application/problem+json"}
    path = f"{_EST}/{operation}"
    connection.request(method, path, body or None, {**headers, **accept})
    response = connection.getresponse()
    content = response.read(_MOST_BYTES)
    if response.status == _PENDING:
        return None
    if response.status != _DONE:
        kind = response.getheader("Content-Type", "")
        raise RefusedError(read_problem(response.status, content, content_type=kind))
    try:
        return b64decode(content.translate(None, _SPACE), validate=True)
    except ValueError as error:
        raise ClientError(ErrorCode.ANSWER_MALFORMED, place=operation) from error


def _certificates(der: bytes) -> list[x509.Certificate]:
    try:
        return pkcs7.load_der_pkcs7_certificates(der)
    except ValueError as error:
        raise ClientError(ErrorCode.ANSWER_MALFORMED, place="CMS") from error


def _issuer_of(
    certificate: x509.Certificate, known: list[x509.Certificate]
) -> x509.Certificate:
    for one in known:
        try:
            certificate.verify_directly_issued_by(one)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return one
    raise ClientError(ErrorCode.CHAIN_NOT_FOUND, place="cacerts")
