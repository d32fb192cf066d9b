"""Until when algorithms count (5.2.7; ETSI TS 119 312, NIST SP 800-57 part 1).

What never counted is not on the lists of `pki.algorithms` and refused there. Here is
what counts today and will not for ever, by the policy; a signature proven to be older
outlives it.
"""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from pki.policy.rules import AlgorithmEnds


def weak_at(
    chain: Sequence[x509.Certificate], at: datetime, ends: AlgorithmEnds
) -> x509.Certificate | None:
    """Return the first certificate that does not count at `at`; None if all do.

    Args:
        chain: end certificate first; the root's own signature does not matter.
        at: the time in question.
        ends: until when algorithms count.
    """
    for certificate in chain:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and any(
            key.key_size < bits and end <= at for bits, end in ends.rsa_below
        ):
            return certificate
    for certificate in chain[:-1]:
        digest = certificate.signature_hash_algorithm
        if digest is not None and has_ended(digest.name, at, ends):
            return certificate
    return None


def has_ended(digest: str, at: datetime, ends: AlgorithmEnds) -> bool:
    """Tell whether signatures over a digest do not count any more at `at`.

    Args:
        digest: by its `hashlib` name.
        at: the time in question.
        ends: until when algorithms count.
    """
    return any(name == digest and end <= at for name, end in ends.digests)
