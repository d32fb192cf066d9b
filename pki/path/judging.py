"""Judging a certificate chain (ETSI EN 319 102-1 clause 5.2.6, RFC 5280 section 6).

Candidate paths are found here, within a budget; the rules of this project are applied
in a fixed order; and `cryptography.x509.verification` must accept the same path where
it can judge it (`path_structure`). Nothing passes unless both agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.certificates import ReadCertificate, read_certificate
from pki.errors import PkiError
from pki.names import common_name
from pki.path.building import CandidatePath, PathSearch
from pki.path.rules import (
    PASSED,
    algorithm_finding,
    name_finding,
    policy_finding,
    revoked_finding,
    structure_finding,
    unknown_finding,
    usage_finding,
    validity_finding,
)
from pki.policy.rules import AnchorPolicy
from pki.purposes import KeyPurpose
from pki.revocation.check import check_revocation
from pki.revocation.lists import RevocationList
from pki.revocation.ocsp_evidence import OcspAnswer
from pki.revocation.words import described
from pki.trust import TrustStore, read_certificates
from schemas.errors import ErrorCode
from schemas.verdict import Indication, Reason, RevocationCheck, SubIndication

__all__ = ["MAX_EMBEDDED", "ChainJudgement", "KeyPurpose", "judge_chain"]

MAX_EMBEDDED = 20
"""Most certificates taken from the file being judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainJudgement:
    """What was found out about one end certificate.

    Args:
        indication: main indication.
        sub_indication: why not passed.
        chain: the path judged, end certificate first, root last.
        reasons: codes for people.
        crls: DER of the revocation lists that were used.
        ocsps: DER of the OCSP answers that were used.
        revocation: what was found about the status of each certificate but the root.
        good_until: when the first certificate, list or answer used runs out.
        status_as_of: as of when the status of the end certificate is known.
        fresh_until: until when no newer list or answer than those used is due.
        rules: what is demanded below the root; None where no path was found.
    """

    indication: Indication
    sub_indication: SubIndication | None = None
    chain: tuple[x509.Certificate, ...] = ()
    reasons: tuple[Reason, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    revocation: tuple[RevocationCheck, ...] = ()
    good_until: datetime | None = None
    status_as_of: datetime | None = None
    fresh_until: datetime | None = None
    rules: AnchorPolicy | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    trust: TrustStore
    at: datetime
    usage: KeyPurpose
    proven_at: datetime | None


def judge_chain(
    certificate: x509.Certificate | bytes,
    *,
    intermediates: Sequence[x509.Certificate | bytes] = (),
    trust: TrustStore,
    at: datetime,
    usage: KeyPurpose,
    proven_at: datetime | None = None,
) -> ChainJudgement:
    """Judge `certificate` for `usage` at the control time `at`.

    Whatever the certificates hold, this gives a judgement and does not raise.

    Args:
        certificate: the end certificate, parsed or DER.
        intermediates: certificates that came with it.
        trust: anchors, further intermediates, revocation lists, OCSP answers.
        at: the control time; validity and freshness are judged at it.
        usage: what the key did.
        proven_at: a time at which the signature is proven to have existed; a
            revocation strictly later does not count, an earlier one is final.
    """
    question = _Question(trust, at, usage, proven_at)
    if len(intermediates) > MAX_EMBEDDED:
        return _failed(
            SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, ErrorCode.LIMIT_EXCEEDED
        )
    try:
        leaf = read_certificate(certificate)
    except PkiError as error:
        return _failed(SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, error.code)
    search = PathSearch(trust, tuple(read_certificates(intermediates)))
    judgements = [_judge_path(path, question) for path in search.paths(leaf)]
    return _best(judgements) or _not_found(search, leaf)


def _judge_path(path: CandidatePath, question: _Question) -> ChainJudgement:
    statuses = check_revocation(
        path.all,
        question.trust,
        question.at,
        question.proven_at,
        path.anchor.policy.revocation_age,
    )
    worst = max(statuses, key=lambda one: one.state)
    finding = (
        usage_finding(path, question.usage)
        or algorithm_finding(path)
        or revoked_finding(worst, path)
        or validity_finding(path, question.at)
        or name_finding(path)
        or policy_finding(path)
        or structure_finding(path, question.at)
        or unknown_finding(worst)
    )
    indication, sub_indication, reasons = finding or PASSED
    used = [one.used for one in statuses if one.used]
    updates = [one.next_update for one in used if one.next_update]
    ends = [one.not_after for one in path.all] + updates
    return ChainJudgement(
        indication=indication,
        sub_indication=sub_indication,
        chain=tuple(one.certificate for one in path.all),
        reasons=reasons,
        crls=tuple(
            one.crl.public_bytes(Encoding.DER)
            for one in used
            if isinstance(one, RevocationList)
        ),
        ocsps=tuple(one.signed.der for one in used if isinstance(one, OcspAnswer)),
        revocation=tuple(described(one) for one in statuses),
        good_until=min(ends),
        status_as_of=statuses[0].used.this_update if statuses[0].used else None,
        fresh_until=min(updates, default=None),
        rules=path.anchor.policy,
    )


def _best(judgements: Sequence[ChainJudgement]) -> ChainJudgement | None:
    passed = [one for one in judgements if one.indication is Indication.TOTAL_PASSED]
    return next(iter((*passed, *judgements)), None)


def _not_found(search: PathSearch, leaf: ReadCertificate) -> ChainJudgement:
    place = common_name(leaf.certificate)
    general = SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
    if search.met_weak_algorithm:
        return _failed(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            ErrorCode.CERTIFICATE_ALGORITHM_REFUSED,
            place,
        )
    if search.met_limit:
        return _failed(general, ErrorCode.LIMIT_EXCEEDED, place)
    if search.met_bad_signature:
        return _failed(general, ErrorCode.CHAIN_INVALID, place)
    return _failed(
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND, ErrorCode.CHAIN_NOT_FOUND, place
    )


def _failed(
    sub_indication: SubIndication, code: ErrorCode, place: str = ""
) -> ChainJudgement:
    return ChainJudgement(
        indication=Indication.INDETERMINATE,
        sub_indication=sub_indication,
        reasons=(Reason(code, place),),
    )
