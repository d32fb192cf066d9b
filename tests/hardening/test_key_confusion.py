"""Every kind of certificate signs what it is for, and nothing else.

The certificates are those a real hierarchy issues, so profile, policy and extended key
usage are what they are in service.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_der_x509_crl
from pyhanko.sign.fields import SigSeedSubFilter

from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.keys.api import Credential
from pki.keys.software import generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.evidence import TreeHead, write_tree_head
from schemas.identifiers import OrganId, SystemId
from schemas.verdict import Indication, SubIndication, Verdict
from signing.validation.pdf import judge_pdf
from signing.validation.xml import judge_envelope, judge_receipt, judge_tree_head
from signing.xmldsig.sign import sign_receipt
from tests.support import receipts
from tests.support.evidence_bundle import document_body
from tests.support.pki import NOW, HeldKey
from tests.support.receipts import write_acceptance
from tests.support.signed_pdf import LETTER
from tests.support.stock_signer import stock_signed

PERSON_FIELD, SEAL_FIELD = "lienthong-person", "lienthong-agency-seal"
KINDS = (
    CertificateKind.PERSON,
    CertificateKind.SIGN_IN,
    CertificateKind.AGENCY_SEAL,
    CertificateKind.AGENCY_ENCRYPTION,
    CertificateKind.SYSTEM,
    CertificateKind.TLS_SERVER,
    CertificateKind.RECEIPT,
    CertificateKind.LOG,
)
ALLOWED: Mapping[str, frozenset[CertificateKind]] = {
    PERSON_FIELD: frozenset({CertificateKind.PERSON}),
    SEAL_FIELD: frozenset({CertificateKind.AGENCY_SEAL}),
    "other field": frozenset({CertificateKind.PERSON, CertificateKind.AGENCY_SEAL}),
    "envelope": frozenset({CertificateKind.SYSTEM, CertificateKind.AGENCY_SEAL}),
    "acceptance": frozenset({CertificateKind.RECEIPT}),
    "tree head": frozenset({CertificateKind.LOG}),
}
"""What is signed, and who may."""

PAIRS = [(what, kind) for what in ALLOWED for kind in KINDS]
RIGHT = [pair for pair in PAIRS if pair[1] in ALLOWED[pair[0]]]
WRONG = [pair for pair in PAIRS if pair[1] not in ALLOWED[pair[0]]]


@dataclass(frozen=True, slots=True)
class Issued:
    """One certificate of each kind, those with an agency for the same one."""

    material: TrustMaterial
    holders: Mapping[CertificateKind, Credential]


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    folder: Path = tmp_path_factory.mktemp("ca") / "pki"
    settings = HierarchySettings(name="Thử nghiệm")
    with create_hierarchy(folder, settings, lambda: NOW) as hierarchy:
        holders = {}
        for kind in KINDS:
            key = generate()
            made = hierarchy.issue_credential(kind, _subject(kind), key=key)
            if not isinstance(key.private, ec.EllipticCurvePrivateKey):
                raise TypeError
            held = HeldKey(key.private)
            holders[kind] = Credential(held, made.certificate, made.chain)
        hierarchy.write_crls()
        return Issued(hierarchy.material(), holders)


def _subject(kind: CertificateKind) -> SubjectFields:
    named = SubjectFields(common_name=f"Thử {kind}", organ_id=OrganId("H99.151"))
    match kind:
        case CertificateKind.SYSTEM:
            return replace(named, organisation="UBND", system_id=SystemId("qlvb-xa"))
        case CertificateKind.TLS_SERVER:
            return SubjectFields(common_name="localhost", dns_names=("localhost",))
        case CertificateKind.RECEIPT | CertificateKind.LOG:
            return SubjectFields(common_name=f"Thử {kind}")
        case _:
            return replace(named, organisation="UBND")


def judged(
    what: str, credential: Credential, material: TrustMaterial, at: datetime = NOW
) -> Verdict:
    """Sign something and judge it."""
    match what:
        case "envelope":
            body = document_body(credential, [])
            return judge_envelope(
                body.content_type,
                body.data,
                material=material,
                at=at,
                judge_pdf=judge_pdf,
            )
        case "acceptance":
            root = write_acceptance(receipts.acceptance())
            data = sign_receipt(root, credential=credential, at=NOW)
            return judge_receipt(data, material=material, at=at)
        case "tree head":
            head = TreeHead(log_id="nhat-ky", size=1, root_hash=bytes(32), at=NOW)
            root = write_tree_head(head)
            data = sign_receipt(root, credential=credential, at=NOW)
            return judge_tree_head(data, material=material, at=at)
        case field:
            pades = SigSeedSubFilter.PADES
            data = stock_signed(LETTER.read_bytes(), credential, field, subfilter=pades)
            return judge_pdf(data, material=material, at=at)


@pytest.mark.parametrize(("what", "kind"), RIGHT)
def test_certificate_signs_what_it_is_for(
    issued: Issued, what: str, kind: CertificateKind
) -> None:
    verdict = judged(what, issued.holders[kind], issued.material)

    assert verdict.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(("what", "kind"), WRONG)
def test_certificate_signs_nothing_else(
    issued: Issued, what: str, kind: CertificateKind
) -> None:
    verdict = judged(what, issued.holders[kind], issued.material)

    (signature,) = verdict.signatures
    found = {one.code for one in signature.reasons}
    refused = {ErrorCode.CERTIFICATE_USAGE_WRONG, ErrorCode.SIGNER_NOT_OF_SENDER}
    assert signature.indication is Indication.INDETERMINATE
    assert found & refused


@pytest.mark.parametrize(("what", "kind"), RIGHT)
@pytest.mark.parametrize(
    ("days", "sub_indication"),
    [
        (-2, SubIndication.NOT_YET_VALID),
        (4000, SubIndication.OUT_OF_BOUNDS_NO_POE),
    ],
)
def test_control_time_outside_the_validity_does_not_pass(
    issued: Issued,
    what: str,
    kind: CertificateKind,
    days: int,
    sub_indication: SubIndication,
) -> None:
    at = NOW + timedelta(days=days)
    verdict = judged(what, issued.holders[kind], issued.material, at)

    assert verdict.signatures[0].indication is Indication.INDETERMINATE
    assert verdict.signatures[0].sub_indication is sub_indication


def test_control_time_beyond_the_next_list_does_not_pass(issued: Issued) -> None:
    at = NOW + timedelta(days=200)
    person = issued.holders[CertificateKind.PERSON]
    verdict = judged(PERSON_FIELD, person, issued.material, at)

    assert verdict.sub_indication is SubIndication.TRY_LATER


@pytest.mark.parametrize(("what", "kind"), RIGHT)
def test_lists_of_sibling_authorities_do_not_count(
    issued: Issued, what: str, kind: CertificateKind
) -> None:
    holder = issued.holders[kind]
    whole = judged(what, holder, issued.material).signatures[0]
    assert whole.indication is Indication.TOTAL_PASSED
    issuers = {
        one.issuer.rfc4514_string() for one in (holder.certificate, *holder.chain)
    }
    for data in issued.material.crls:
        crls = tuple(one for one in issued.material.crls if one != data)
        verdict = judged(what, holder, replace(issued.material, crls=crls))
        is_needed = load_der_x509_crl(data).issuer.rfc4514_string() in issuers
        unchecked = verdict.signatures[0].sub_indication is SubIndication.TRY_LATER
        assert unchecked is is_needed
