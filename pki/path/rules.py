"""The rules a found path must keep, in EN 319 102-1 terms; each is one function.

A rule returns what it found wrong, or None.
"""

from datetime import datetime

from cryptography import x509
from cryptography.x509 import verification

from pki.certificates import ReadCertificate
from pki.names import UNREADABLE_CERTIFICATE, common_name
from pki.path.building import CandidatePath
from pki.path.name_constraints import constraint_violation
from pki.path.policy_graph import policies_hold
from pki.path.policy_statements import policy_statement
from pki.path.structure import is_judged_by_library, misplaced
from pki.policy.rules import DOCUMENTS, AlgorithmRules, AnchorPolicy
from pki.purposes import KeyPurpose, permits, permits_below
from pki.revocation.check import RevocationState, RevocationStatus
from schemas.errors import ErrorCode
from schemas.verdict import Indication, Reason, SubIndication

Finding = tuple[Indication, SubIndication | None, tuple[Reason, ...]]
PASSED: Finding = (Indication.TOTAL_PASSED, None, ())


def _finding(
    sub_indication: SubIndication, code: ErrorCode, certificate: ReadCertificate
) -> Finding:
    place = common_name(certificate.certificate)
    return Indication.INDETERMINATE, sub_indication, (Reason(code, place),)


def usage_finding(path: CandidatePath, usage: KeyPurpose) -> Finding | None:
    """Check the end certificate's key and usage, and what its CAs and anchor allow."""
    leaf, *authorities = path.certificates
    if not leaf.strong_key:
        return _finding(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            ErrorCode.CERTIFICATE_ALGORITHM_REFUSED,
            leaf,
        )
    allowed = (
        permits(leaf, usage)
        and all(permits_below(one, usage) for one in authorities)
        and usage in path.anchor.policy.purposes
        and (usage not in DOCUMENTS or _fits_policy(leaf, path.anchor.policy))
    )
    if allowed:
        return None
    return _finding(
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        ErrorCode.CERTIFICATE_USAGE_WRONG,
        leaf,
    )


def _fits_policy(leaf: ReadCertificate, policy: AnchorPolicy) -> bool:
    """Tell whether a signer of documents has the usages that the policy demands."""
    wanted, named = policy.extended_key_usage, leaf.extended_key_usage
    has_extended = wanted is None or bool(wanted & (named or frozenset()))
    return has_extended and bool(policy.key_usage & (leaf.key_usage or frozenset()))


def algorithm_finding(path: CandidatePath) -> Finding | None:
    """Check keys and signatures by the algorithms that the anchor's policy accepts."""
    accepted = path.anchor.policy.algorithms
    if accepted == _EVERY_ALGORITHM:
        return None
    for one in path.all:
        # The root's own signature does not matter.
        digest = one.certificate.signature_hash_algorithm
        signed = one is path.anchor.read or (
            digest is not None and digest.name in accepted.digests
        )
        if not (signed and accepted.takes(one.certificate.public_key())):
            return _finding(
                SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
                ErrorCode.CERTIFICATE_ALGORITHM_REFUSED,
                one,
            )
    return None


def revoked_finding(worst: RevocationStatus, path: CandidatePath) -> Finding | None:
    """Check that nothing on the path is revoked."""
    if worst.state < RevocationState.REVOKED:
        return None
    is_leaf = worst.certificate is path.certificates[0]
    indication, sub_indication, reasons = _finding(
        SubIndication.REVOKED_NO_POE if is_leaf else SubIndication.REVOKED_CA_NO_POE,
        ErrorCode.CERTIFICATE_REVOKED,
        worst.certificate,
    )
    if worst.state is RevocationState.REVOKED_BEFORE_PROOF:
        return Indication.TOTAL_FAILED, SubIndication.REVOKED, reasons
    return indication, sub_indication, reasons


def validity_finding(path: CandidatePath, at: datetime) -> Finding | None:
    """Check that every certificate, the anchor too, is within its validity period."""
    for one in path.all:
        if at < one.not_before:
            return _finding(
                SubIndication.NOT_YET_VALID, ErrorCode.CERTIFICATE_NOT_YET_VALID, one
            )
        # Certificates count in whole seconds, the end included (RFC 5280 4.1.2.5).
        if at.replace(microsecond=0) > one.not_after:
            return _finding(
                SubIndication.OUT_OF_BOUNDS_NO_POE, ErrorCode.CERTIFICATE_EXPIRED, one
            )
    return None


def name_finding(path: CandidatePath) -> Finding | None:
    """Check the names against the name constraints of the CAs and the anchor."""
    found = constraint_violation(path.all)
    if found is None:
        return None
    return _finding(
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, found.code, found.certificate
    )


def policy_finding(path: CandidatePath) -> Finding | None:
    """Check the certificate policies by what the anchor's policy demands."""
    try:
        statements = [policy_statement(one) for one in reversed(path.all)]
        holds = policies_hold(statements, path.anchor.policy.policies)
    except ValueError:
        holds = False
    if holds:
        return None
    return _finding(
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        ErrorCode.CHAIN_INVALID,
        path.certificates[0],
    )


def structure_finding(path: CandidatePath, at: datetime) -> Finding | None:
    """Check CA flags, path length and criticality; ask the library too if it can."""
    found = misplaced(path.all)
    if found is not None:
        return _finding(
            SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
            ErrorCode.CHAIN_INVALID,
            found,
        )
    return _library_finding(path, at) if is_judged_by_library(path.all) else None


def _library_finding(path: CandidatePath, at: datetime) -> Finding | None:
    leaf, *authorities = (one.certificate for one in path.certificates)
    store = verification.Store([path.anchor.read.certificate])
    builder = verification.PolicyBuilder().store(store).time(at)
    builder = builder.extension_policies(ca_policy=_CA_POLICY, ee_policy=_END_POLICY)
    try:
        builder.build_client_verifier().verify(leaf, authorities)
    except (verification.VerificationError, *UNREADABLE_CERTIFICATE):
        return _finding(
            SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
            ErrorCode.CHAIN_INVALID,
            path.certificates[0],
        )
    return None


def unknown_finding(worst: RevocationStatus) -> Finding | None:
    """Check that every certificate's revocation is known and current."""
    code = {
        RevocationState.STALE: ErrorCode.REVOCATION_STALE,
        RevocationState.UNCHECKED: ErrorCode.REVOCATION_UNCHECKED,
    }.get(worst.state)
    if code is None:
        return None
    return _finding(SubIndication.TRY_LATER, code, worst.certificate)


def _relaxed(policy: verification.ExtensionPolicy) -> verification.ExtensionPolicy:
    """Leave to `pki.purposes` what the library would judge for web sites only."""
    either = verification.Criticality.AGNOSTIC
    return (
        policy.may_be_present(x509.ExtendedKeyUsage, either, None)
        .may_be_present(x509.SubjectAlternativeName, either, None)
        .may_be_present(
            x509.AuthorityKeyIdentifier, verification.Criticality.NON_CRITICAL, None
        )
    )


_EVERY_ALGORITHM = AlgorithmRules()
_CA_POLICY = _relaxed(verification.ExtensionPolicy.webpki_defaults_ca())
_END_POLICY = _relaxed(verification.ExtensionPolicy.webpki_defaults_ee())
