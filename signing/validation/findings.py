"""What was found against a signature, and the one answer that follows from it."""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.errors import ErrorCode
from schemas.verdict import Indication, Reason, SubIndication


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why a signature does not pass.

    Args:
        place: the part meant, as in `schemas.verdict.Reason`.
    """

    indication: Indication
    sub_indication: SubIndication | None
    code: ErrorCode
    place: str = ""

    @property
    def reason(self) -> Reason:
        """Return the reason for people."""
        return Reason(self.code, self.place)


NOT_SIGNED = Finding(
    Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND, ErrorCode.NOT_SIGNED
)
"""Nobody signed; a time stamp says that something was there, and names no signer."""


def format_failure(code: ErrorCode, place: str = "") -> Finding:
    """Return the finding that a file or signature breaks its format (5.2.2)."""
    return Finding(Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE, code, place)


def not_checked(code: ErrorCode, place: str = "") -> Finding:
    """Return the finding that something was left unchecked."""
    return Finding(Indication.INDETERMINATE, SubIndication.GENERIC, code, place)


def conclusion(
    findings: Iterable[Finding],
) -> tuple[Indication, SubIndication | None]:
    """Return the worst of `findings`, the first of equals; passed without any."""
    ranked = sorted(
        findings, key=lambda one: one.indication is not Indication.TOTAL_FAILED
    )
    if not ranked:
        return Indication.TOTAL_PASSED, None
    return ranked[0].indication, ranked[0].sub_indication
