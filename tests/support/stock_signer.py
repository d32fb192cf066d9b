"""Signatures as pyHanko makes them: other forms, certified documents, time stamps."""

from collections.abc import Callable
from functools import cache
from io import BytesIO

from asn1crypto import keys, x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509 import Certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.stamp import BaseStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from pki.keys.api import Credential
from tests.support.keys import rsa_key
from tests.support.pki import HeldKey, TestPki

_RESERVE = 8192


def stock_signed(
    source: bytes,
    credential: Credential,
    field_name: str,
    *,
    box: tuple[int, int, int, int] | None = None,
    style: BaseStampStyle | None = None,
    change: Callable[[IncrementalPdfFileWriter], None] | None = None,
    **metadata: object,
) -> bytes:
    """Sign with the library's own signer, visibly in `box` on the first page.

    There it shows `style`, or some text. What else changes is changed with it.
    """
    signer = stock_signer(credential)
    described = PdfSignatureMetadata(
        field_name=field_name,
        md_algorithm="sha256",
        **metadata,  # type: ignore[arg-type]  # by field name
    )
    output, writer = BytesIO(), IncrementalPdfFileWriter(BytesIO(source))
    if change is not None:
        change(writer)
    spec = SigFieldSpec(field_name, on_page=0, box=box) if box else None
    PdfSigner(
        described, signer=signer, new_field_spec=spec, stamp_style=style
    ).sign_pdf(
        writer,
        output=output,
        bytes_reserved=_RESERVE,
    )
    return output.getvalue()


def stock_signer(credential: Credential) -> SimpleSigner:
    """Return the library's own signer."""
    return SimpleSigner(
        signing_cert=_asn1(credential.certificate),
        signing_key=private_of(credential),
        cert_registry=store_of(credential),
    )


@cache
def _time_stamp_authority() -> Credential:
    # The library's stamper for tests knows RSA only.
    return TestPki.create("TSA").issuing.issue("TSA", key=rsa_key(2048))


def time_stamped(source: bytes, box: tuple[int, int, int, int] | None = None) -> bytes:
    """Add a document time stamp, in a field that shows in `box` on the first page."""
    authority = _time_stamp_authority()
    stamper = DummyTimeStamper(
        tsa_cert=_asn1(authority.certificate),
        tsa_key=private_of(authority),
        certs_to_embed=store_of(authority),
    )
    output, writer = BytesIO(), IncrementalPdfFileWriter(BytesIO(source))
    if box is not None:
        append_signature_field(writer, SigFieldSpec("time", box=box))
    PdfTimeStamper(stamper, field_name="time").timestamp_pdf(
        writer,
        "sha256",
        output=output,
        bytes_reserved=_RESERVE,
    )
    return output.getvalue()


def private_of(credential: Credential) -> keys.PrivateKeyInfo:
    """Return the key as the library takes it."""
    if not isinstance(credential.key, HeldKey):
        raise TypeError
    octets = credential.key.private.private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    return keys.PrivateKeyInfo.load(octets)


def store_of(credential: Credential) -> SimpleCertificateStore:
    """Return the chain as the library takes it."""
    store = SimpleCertificateStore()
    store.register_multiple([_asn1(one) for one in credential.chain])
    return store


def _asn1(certificate: Certificate) -> x509.Certificate:
    return x509.Certificate.load(certificate.public_bytes(Encoding.DER))
