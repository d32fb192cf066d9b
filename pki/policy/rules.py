"""A validation policy (ETSI EN 319 102-1 clause 5.1.4): constraints as plain values.

What the lists of `pki.algorithms` and `pki.purposes` refuse stays refused whatever a
policy says, and a file that says otherwise is no policy. Until when the rest counts is
for the policy to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ObjectIdentifier

from pki.algorithms import CURVES, HASHES, RSA_BITS_ACCEPTED
from pki.path.policy_graph import PolicyInputs
from pki.purposes import KeyPurpose
from schemas.verdict import AppliedPolicy

_RSA_BITS_AFTER_2030 = 3072

SIGNING_USAGES = frozenset({"digital_signature", "content_commitment"})
"""Key usages of those who sign documents."""

DOCUMENTS = frozenset(
    {KeyPurpose.DOCUMENT_PERSON, KeyPurpose.DOCUMENT_SEAL, KeyPurpose.DOCUMENT_ANY}
)
"""Purposes for which a policy may demand usages of its own."""


class Level(StrEnum):
    """Levels of PDF signatures, lowest first (EN 319 142-1 clause 6)."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"

    def is_above(self, other: "Level") -> bool:
        """Tell whether this asks for more than `other`."""
        order = list(Level)
        return order.index(self) > order.index(other)


class Legacy(StrEnum):
    """What becomes of a signature older than PAdES (adbe.pkcs7.detached).

    It never passes: read as weak it is INDETERMINATE, refused it has failed.
    """

    WEAK = "weak"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmEnds:
    """Since when what does not count any more (TS 119 312, SP 800-57 part 1).

    Args:
        rsa_below: since when RSA keys shorter than so many bits do not.
        digests: since when signatures over a digest do not, by its `hashlib` name.
    """

    rsa_below: tuple[tuple[int, datetime], ...] = ()
    digests: tuple[tuple[str, datetime], ...] = ()

    @classmethod
    def usual(cls, rsa_bits: int = RSA_BITS_ACCEPTED) -> "AlgorithmEnds":
        """Return the ends where a policy states none.

        SP 800-57 part 1 table 4: 112 bits of security count through 2030.
        """
        end = (_RSA_BITS_AFTER_2030, datetime(2031, 1, 1, tzinfo=UTC))
        return cls(rsa_below=(end,) if rsa_bits < _RSA_BITS_AFTER_2030 else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmRules:
    """Which algorithms count, and until when.

    Args:
        rsa_bits: the shortest RSA key.
        curves: of elliptic keys.
        digests: by their `hashlib` names.
        ends: until when.
    """

    rsa_bits: int = RSA_BITS_ACCEPTED
    curves: frozenset[str] = CURVES
    digests: frozenset[str] = HASHES
    ends: AlgorithmEnds = field(default_factory=AlgorithmEnds.usual)

    def takes(self, public_key: object) -> bool:
        """Tell whether signatures by this key count."""
        if isinstance(public_key, rsa.RSAPublicKey):
            return public_key.key_size >= self.rsa_bits
        if isinstance(public_key, ec.EllipticCurvePublicKey):
            return public_key.curve.name in self.curves
        return False


@dataclass(frozen=True, slots=True)
class AnchorPolicy:
    """What one root is trusted for, and what is demanded below it.

    Args:
        purposes: the uses its certificates may serve.
        policies: what is demanded of certificate policies.
        key_usage: one of these must be set in the certificate of who signs documents.
        extended_key_usage: one of these must be named there; None: what fits its use.
        algorithms: which count.
        revocation_age: how old a list or answer that says "good" may be; None: until
            the next one is due.
        level: the lowest that a PDF signature may have.
        legacy: what becomes of signatures older than PAdES.
    """

    purposes: frozenset[KeyPurpose] = frozenset(KeyPurpose)
    policies: PolicyInputs = field(default_factory=PolicyInputs)
    key_usage: frozenset[str] = SIGNING_USAGES
    extended_key_usage: frozenset[ObjectIdentifier] | None = None
    algorithms: AlgorithmRules = field(default_factory=AlgorithmRules)
    revocation_age: timedelta | None = None
    level: Level = Level.B_B
    legacy: Legacy = Legacy.WEAK


NOT_TRUSTED = AnchorPolicy(purposes=frozenset())
"""Of a root that a policy does not name, where it has no rules for others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAnchor:
    """One or more roots with a policy of their own.

    Args:
        name: for people.
        roots: SHA-256 of their certificates, lower hex.
        policy: what holds for them.
    """

    name: str
    roots: frozenset[str]
    policy: AnchorPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationPolicy:
    """By which rules a verdict is given.

    Args:
        name: for people.
        version: of what is said under that name.
        sha256: of the file it was read from, lower hex.
        source: that file; workers read it again.
        rules: for every root that `anchors` does not name; None: such a root is trusted
            for nothing.
        anchors: roots with rules of their own.
    """

    name: str
    version: str
    sha256: str
    source: bytes
    rules: AnchorPolicy | None
    anchors: tuple[NamedAnchor, ...] = ()

    @property
    def applied(self) -> AppliedPolicy:
        """What a verdict says of it."""
        return AppliedPolicy(self.name, self.version, self.sha256)

    def for_root(self, sha256: str) -> AnchorPolicy:
        """Return what holds for a root, named by SHA-256 in lower hex."""
        return self._by_root().get(sha256, self.rules or NOT_TRUSTED)

    def _by_root(self) -> Mapping[str, AnchorPolicy]:
        return {root: one.policy for one in self.anchors for root in one.roots}
