"""Where certificates may stand: the same answers where the library cannot be asked.

Below a CA whose constraints name a country the library refuses everything unseen, so
each rule must hold without it.
"""

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from pki.certificates import read_certificate
from pki.der import SEQUENCE, DerReader, element, integer
from pki.path.judging import KeyPurpose, judge_chain
from pki.path.structure import is_judged_by_library, misplaced
from pki.trust import TrustMaterial, TrustStore
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support.certificates import CA, Shape, authority, ca_shape, der, make
from tests.support.pki import NOW, TestCa, TestPki

_VIETNAM = x509.NameConstraints(
    [x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]))],
    None,
)
_UNKNOWN = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0"
)


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki.create()


def country(issuer: TestCa, common_name: str = "Trên", **changes: object) -> TestCa:
    shape = ca_shape(common_name, **{"extra": ((_VIETNAM, True),), **changes})
    return authority(issuer, shape)


def codes(pki: TestPki, leaf: x509.Certificate, *cas: TestCa) -> list[ErrorCode]:
    """Judge below `cas` (upper first); no code means it passed."""
    path = [leaf, *(ca.credential.certificate for ca in reversed(cas)), pki.root.root]
    assert not is_judged_by_library(list(map(read_certificate, path)))
    lists = (pki.root.crl(), *(ca.crl() for ca in cas))
    judgement = judge_chain(
        leaf,
        intermediates=[ca.credential.certificate for ca in cas],
        trust=TrustStore.from_material(TrustMaterial(pki.material().roots, (), lists)),
        at=NOW,
        usage=KeyPurpose.DOCUMENT_ANY,
    )
    assert bool(judgement.reasons) is (judgement.indication is Indication.INDETERMINATE)
    return [one.code for one in judgement.reasons]


def test_sound_path_passes(pki: TestPki) -> None:
    upper = country(pki.root, path_length=1)
    lower = authority(upper, ca_shape("Dưới"))
    assert codes(pki, make(lower, Shape()).certificate, upper, lower) == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda upper: authority(upper, ca_shape("Dưới", ca=False)),
        lambda upper: authority(upper, ca_shape("Dưới", basic_constraints=False)),
        lambda upper: authority(
            upper, ca_shape("Dưới", key_usage=CA - {"key_cert_sign"})
        ),
        lambda upper: authority(upper, ca_shape("Dưới", extra=((_UNKNOWN, True),))),
    ],
    ids=["not-a-ca", "no-constraints", "no-cert-sign", "unknown-critical"],
)
def test_issuer_that_may_not_issue_is_refused(
    pki: TestPki, wrong: Callable[[TestCa], TestCa]
) -> None:
    upper = country(pki.root)
    lower = wrong(upper)
    leaf = make(lower, Shape()).certificate
    assert codes(pki, leaf, upper, lower) == [ErrorCode.CHAIN_INVALID]


def test_path_longer_than_a_ca_allows_is_refused(pki: TestPki) -> None:
    upper = country(pki.root, path_length=0)
    lower = authority(upper, ca_shape("Dưới"))
    leaf = make(lower, Shape()).certificate
    assert codes(pki, leaf, upper, lower) == [ErrorCode.CHAIN_INVALID]


def test_self_issued_ca_does_not_lengthen_the_path(pki: TestPki) -> None:
    upper = country(pki.root, path_length=0)
    rolled = authority(upper, ca_shape("Trên"))
    assert codes(pki, make(rolled, Shape()).certificate, upper, rolled) == []


@pytest.mark.parametrize(
    "shape",
    [
        Shape(extra=((_UNKNOWN, True),)),
        Shape(extra=((_VIETNAM, False),)),
        Shape(subject=x509.Name([])),
    ],
    ids=["unknown-critical", "constraints-of-no-ca", "names-nobody"],
)
def test_end_certificate_of_another_form_is_refused(pki: TestPki, shape: Shape) -> None:
    upper = country(pki.root)
    leaf = make(upper, shape).certificate
    assert codes(pki, leaf, upper) == [ErrorCode.CHAIN_INVALID]


def test_key_identifiers_must_not_be_critical(pki: TestPki) -> None:
    key = x509.AuthorityKeyIdentifier.from_issuer_public_key(
        pki.root.private.public_key()
    )
    shape = ca_shape(extra=((_VIETNAM, True), (key, True)), authority_key_id=False)
    odd = authority(pki.root, shape)
    leaf = make(odd, Shape()).certificate
    assert codes(pki, leaf, odd) == [ErrorCode.CHAIN_INVALID]


def test_serial_number_of_more_than_twenty_octets_is_refused(pki: TestPki) -> None:
    longest = (1 << 159) - 1
    for serial, misfits in ((longest, False), (longest + 1, True)):
        leaf = read_certificate(_with_serial(pki, serial))
        path = [leaf, read_certificate(pki.root.root)]
        assert (misplaced(path) is leaf) is misfits


def _with_serial(pki: TestPki, serial: int) -> bytes:
    """Put in another number, in DER; nothing here asks for the signature."""
    certificate = make(pki.root, Shape()).certificate
    body = DerReader(certificate.tbs_certificate_bytes).content(SEQUENCE)
    number = integer(certificate.serial_number)
    changed = element(SEQUENCE, body.replace(number, integer(serial), 1))
    outer = DerReader(der(certificate)).content(SEQUENCE)
    return element(SEQUENCE, outer.replace(certificate.tbs_certificate_bytes, changed))
