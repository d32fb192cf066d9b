"""NIST PKITS: what it calls invalid never passes, what it calls valid passes."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509

from pki.certificates import read_certificate
from pki.path.building import CandidatePath, PathSearch
from pki.path.judging import KeyPurpose, judge_chain
from pki.path.policy_graph import PolicyInputs
from pki.path.rules import name_finding, policy_finding
from pki.path.structure import misplaced
from pki.policy.rules import AnchorPolicy
from pki.trust import TrustAnchor, TrustStore
from schemas.verdict import Indication
from tests.support.pkits import (
    PkitsCase,
    anchor,
    authorities,
    pkits_cases,
    revocation_lists,
)

AT = datetime(2026, 11, 21, tzinfo=UTC)

CASES = pkits_cases()
POLICY_SECTIONS = {"4.8", "4.9", "4.10", "4.11", "4.12"}

_DSA = "DSA is not on the list of accepted algorithms"
_NAMES = "names of issuer and subject are compared octet by octet"
_CRL_KEY = "a list counts by the key that signed the certificate, not by a name"
_CA = "the end certificate is a CA, and a CA certificate signs no documents"
_LIBRARY = "the library counts self-issued CAs in the length of a path"
_PARTITIONED = "lists for a part of the certificates are not read"
_INDIRECT = "lists of another issuer are not read"

VALID_BUT_REFUSED = {
    "4.1.4": _DSA,
    "4.1.5": _DSA,
    "4.2.4": "GeneralizedTime before 2050 is against RFC 5280 4.1.2.5",
    "4.3.3": _NAMES,
    "4.3.4": _NAMES,
    "4.3.5": _NAMES,
    "4.3.10": _NAMES,
    "4.3.11": _NAMES,
    "4.4.19": _CRL_KEY,
    "4.5.1": _CRL_KEY,
    "4.5.3": _CRL_KEY,
    "4.5.4": _CRL_KEY,
    "4.5.6": _CRL_KEY,
    "4.6.4": "basicConstraints of a CA must be critical (RFC 5280 4.2.1.9)",
    "4.6.8": _CA,
    "4.6.14": _CA,
    "4.6.15": _LIBRARY,
    "4.6.17": _LIBRARY,
    "4.8.6": _CA,
    "4.9.6": _CRL_KEY,
    "4.11.7": _CRL_KEY,
    "4.12.7": _CRL_KEY,
    "4.12.9": _CRL_KEY,
    "4.13.19": _CRL_KEY,
    "4.14.1": _PARTITIONED,
    "4.14.4": _PARTITIONED,
    "4.14.5": _PARTITIONED,
    "4.14.7": _PARTITIONED,
    "4.14.13": _CA,
    "4.14.18": _PARTITIONED,
    "4.14.19": _PARTITIONED,
    "4.14.22": _INDIRECT,
    "4.14.24": _INDIRECT,
    "4.14.25": _INDIRECT,
    "4.14.28": _INDIRECT,
    "4.14.29": _INDIRECT,
    "4.14.30": _INDIRECT,
    "4.14.33": _INDIRECT,
    "4.15.5": "a delta list is heard about what it revokes, not what it releases",
}
"""Valid for NIST and refused here, with the reason; nothing else may differ."""


@cache
def _trust(policies: PolicyInputs) -> TrustStore:
    policy = AnchorPolicy(policies=policies)
    root = TrustAnchor(x509.load_der_x509_certificate(anchor()), policy)
    return TrustStore([root], authorities(), revocation_lists())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_chain_passes_if_it_is_valid(case: PkitsCase) -> None:
    judgement = judge_chain(
        case.data, trust=_trust(case.policies), at=AT, usage=KeyPurpose.DOCUMENT_ANY
    )
    passed = judgement.indication is Indication.TOTAL_PASSED
    assert passed is (case.is_valid and case.test not in VALID_BUT_REFUSED), judgement


@pytest.mark.parametrize(
    "case", [one for one in CASES if one.section in POLICY_SECTIONS], ids=str
)
def test_policies_alone_give_what_nist_says(case: PkitsCase) -> None:
    assert _some_path_keeps(case, policy_finding) is case.is_valid


@pytest.mark.parametrize(
    "case", [one for one in CASES if one.section == "4.13"], ids=str
)
def test_names_alone_give_what_nist_says(case: PkitsCase) -> None:
    assert _some_path_keeps(case, name_finding) is case.is_valid


@pytest.mark.parametrize(
    "case", [one for one in CASES if one.section == "4.6"], ids=str
)
def test_structure_alone_gives_what_nist_says(case: PkitsCase) -> None:
    def finding(path: CandidatePath) -> object:
        return misplaced(path.all)

    assert _some_path_keeps(case, finding) is case.is_valid


def test_every_test_of_the_suite_is_there() -> None:
    sections = (6, 8, 11, 21, 8, 17, 5, 20, 8, 14, 11, 10, 38, 35, 10, 2)
    wanted = {
        f"4.{section}.{number}"
        for section, size in enumerate(sections, start=1)
        for number in range(1, size + 1)
    }
    assert {one.test for one in CASES} == wanted
    assert set(VALID_BUT_REFUSED) <= wanted


def test_the_documents_name_the_same_exceptions() -> None:
    document = Path(__file__).parents[2] / "docs" / "architecture.md"
    section = document.read_text("utf-8").partition("## Path validation")[2]
    table = section.partition("\n## ")[0]
    rows = (row.split("|")[1] for row in table.splitlines() if row.startswith("| 4."))
    named = [number.strip() for row in rows for number in row.split(",")]
    assert sorted(named) == sorted(VALID_BUT_REFUSED)


def _some_path_keeps(
    case: PkitsCase, rule: Callable[[CandidatePath], object | None]
) -> bool:
    search = PathSearch(_trust(case.policies), ())
    paths = list(search.paths(read_certificate(case.data)))
    assert paths
    return any(rule(path) is None for path in paths)
