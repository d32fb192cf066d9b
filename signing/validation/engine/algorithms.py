"""Until when algorithms count (5.2.7; ETSI TS 119 312, NIST SP 800-57 part 1).

What never counted is not on the lists of `pki.algorithms` and refused there. Here is
what counts today and will not for ever; a signature proven to be older outlives it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmEnds:
    """Since when what does not count any more.

    Args:
        rsa_below: since when RSA keys shorter than so many bits do not.
        digests: since when signatures over a digest do not, by its `hashlib` name.
    """

    rsa_below: Mapping[int, datetime] = field(default_factory=dict)
    digests: Mapping[str, datetime] = field(default_factory=dict)


ENDS = AlgorithmEnds(
    # SP 800-57 part 1 table 4: 112 bits of security, through 2030.
    rsa_below=MappingProxyType({3072: datetime(2031, 1, 1, tzinfo=UTC)}),
)


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
            key.key_size < bits and end <= at for bits, end in ends.rsa_below.items()
        ):
            return certificate
    for certificate in chain[:-1]:
        digest = certificate.signature_hash_algorithm
        end = ends.digests.get(digest.name) if digest else None
        if end is not None and end <= at:
            return certificate
    return None
