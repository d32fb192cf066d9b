"""Attacks by what is outside the file: roots nobody chose, addresses it names."""

from dataclasses import replace
from functools import cache

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from schemas.errors import ErrorCode
from tests.support.attacks.cms import signed_as
from tests.support.attacks.model import UNSURE, Attacked, Register, Row
from tests.support.certificates import Shape, make
from tests.support.judged_pdf import PKI, TRUSTED
from tests.support.pki import TestPki

ATTACKS = Register()
_DISCARD = 9
_METHODS = (
    AuthorityInformationAccessOID.OCSP,
    AuthorityInformationAccessOID.CA_ISSUERS,
)


@cache
def stranger() -> TestPki:
    """Return certificates of the usual names below another root."""
    return TestPki.create()


@ATTACKS.add(
    Row.ROOTS, UNSURE, ErrorCode.CHAIN_NOT_FOUND, "a root of the same name, another key"
)
def root_of_the_same_name() -> Attacked:
    signed = signed_as(stranger().person())
    return Attacked(signed, replace(TRUSTED, crls=stranger().crls()))


@ATTACKS.add(
    Row.ADDRESSES,
    UNSURE,
    ErrorCode.REVOCATION_UNCHECKED,
    "a signer's certificate that says where to ask about it",
)
def certificate_with_addresses() -> Attacked:
    return with_addresses(_DISCARD)


def with_addresses(port: int) -> Attacked:
    """Return a file whose status can only be known from a port of this machine."""
    place = x509.UniformResourceIdentifier(f"http://127.0.0.1:{port}/")
    point = x509.DistributionPoint([place], None, None, None)
    asked = [x509.AccessDescription(method, place) for method in _METHODS]
    extra = (
        (x509.CRLDistributionPoints([point]), False),
        (x509.AuthorityInformationAccess(asked), False),
    )
    made = make(PKI.issuing, Shape(extra=extra))
    signer = replace(made, chain=(PKI.issuing.credential.certificate,))
    return Attacked(signed_as(signer), replace(TRUSTED, crls=()))
