"""What the policy of a root demands of a signature besides its chain (5.2.7)."""

from collections.abc import Iterator
from datetime import datetime

from pki.policy.rules import AnchorPolicy, Legacy, Level
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from signing.validation.engine.algorithms import has_ended
from signing.validation.facts import SignatureFacts
from signing.validation.findings import Finding, format_failure
from signing.validation.structure import SignatureForm

_PADES = "PAdES-"
_WEAK = Finding(
    Indication.INDETERMINATE,
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    ErrorCode.SIGNATURE_ALGORITHM_REFUSED,
)
_ENDED = Finding(
    Indication.INDETERMINATE,
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    ErrorCode.SIGNATURE_ALGORITHM_REFUSED,
)


def unmet_demands(
    facts: SignatureFacts, rules: AnchorPolicy, *, level: str, at: datetime
) -> Iterator[Finding]:
    """Give a finding for every demand that a signature does not meet.

    Args:
        facts: the signature.
        rules: of the root it leads to.
        level: as far as it is proven.
        at: when it is proven to have existed; the control time where nothing is.
    """
    if facts.form is SignatureForm.LEGACY and rules.legacy is Legacy.REFUSED:
        yield format_failure(ErrorCode.SIGNATURE_FORMAT_LEGACY)
    if facts.digest and facts.digest not in rules.algorithms.digests:
        yield _WEAK
    elif has_ended(facts.digest, at, rules.algorithms.ends):
        yield _ENDED
    if facts.form is SignatureForm.PADES and rules.level.is_above(_level(level)):
        yield Finding(
            Indication.INDETERMINATE,
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            ErrorCode.SIGNATURE_LEVEL_TOO_LOW,
            f"{level} < {_PADES}{rules.level}",
        )


def _level(proven: str) -> Level:
    try:
        return Level(proven.removeprefix(_PADES))
    except ValueError:
        return Level.B_B
