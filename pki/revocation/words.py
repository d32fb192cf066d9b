"""What was found about a certificate's status, in the words of a verdict."""

from hashlib import sha256

from pki.revocation.check import RevocationState as Found
from pki.revocation.check import RevocationStatus
from pki.revocation.ocsp_evidence import OcspAnswer
from schemas.verdict import RevocationCheck, RevocationSource, RevocationState

_STATES = {
    Found.GOOD: RevocationState.GOOD,
    Found.STALE: RevocationState.STALE,
    Found.UNCHECKED: RevocationState.UNCHECKED,
    Found.REVOKED: RevocationState.REVOKED,
    Found.REVOKED_BEFORE_PROOF: RevocationState.REVOKED,
}


def described(status: RevocationStatus) -> RevocationCheck:
    """Describe one status with who said it, as of when."""
    certificate = status.certificate.fingerprint.hex()
    state, used = _STATES[status.state], status.used
    if used is None:
        return RevocationCheck(certificate=certificate, state=state)
    if isinstance(used, OcspAnswer):
        source, digest = RevocationSource.OCSP, sha256(used.signed.der).hexdigest()
        revoked_at = used.revoked_at
    else:
        source, digest = RevocationSource.CRL, used.digest
        revoked_at = used.revoked_at(status.certificate.serial)
    return RevocationCheck(
        certificate=certificate,
        state=state,
        source=source,
        said_at=used.this_update,
        fresh_until=used.next_update,
        revoked_at=revoked_at,
        evidence=digest,
    )
