"""Which certificates may sign time stamps (RFC 3161 2.3)."""

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.kinds import KIND_POLICIES, CertificateKind
from pki.path.judging import KeyPurpose, judge_chain
from pki.trust import TrustStore
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from tests.support.certificates import Shape, make
from tests.support.pki import NOW, TestPki

STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
OTHER = ExtendedKeyUsageOID.OCSP_SIGNING
PKI = TestPki.create()


def judged(shape: Shape) -> tuple[Indication, list[ErrorCode]]:
    judgement = judge_chain(
        make(PKI.issuing, shape).certificate,
        trust=TrustStore.from_material(PKI.material()),
        at=NOW,
        usage=KeyPurpose.TIME_STAMP,
    )
    if judgement.sub_indication is not None:
        assert judgement.sub_indication is SubIndication.CHAIN_CONSTRAINTS_FAILURE
    return judgement.indication, [one.code for one in judgement.reasons]


def purposes(*oids: x509.ObjectIdentifier, critical: bool = True) -> Shape:
    return Shape(extra=((x509.ExtendedKeyUsage(oids), critical),))


def test_critical_and_sole_purpose_is_accepted() -> None:
    assert judged(purposes(STAMPING)) == (Indication.TOTAL_PASSED, [])


@pytest.mark.parametrize(
    "shape",
    [
        purposes(STAMPING, critical=False),
        purposes(STAMPING, OTHER),
        purposes(OTHER),
        purposes(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE),
        Shape(),
        Shape(
            extra=((x509.ExtendedKeyUsage([STAMPING]), True),),
            policies=(KIND_POLICIES[CertificateKind.LOG],),
        ),
    ],
    ids=["not-critical", "not-sole", "another", "any", "none", "kind-of-another"],
)
def test_other_certificates_are_refused(shape: Shape) -> None:
    assert judged(shape) == (
        Indication.INDETERMINATE,
        [ErrorCode.CERTIFICATE_USAGE_WRONG],
    )
