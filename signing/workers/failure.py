"""What is said when a worker gives no answer."""

from schemas.verdict import FileKind, Indication, Reason, SubIndication, Verdict
from signing.errors import SigningError


class WorkerFailure(SigningError):  # noqa: N818 - it is no fault of the program
    """A job came to no answer: LIMIT_EXCEEDED or PARSER_FAILED."""


def verdict_of_failure(failure: WorkerFailure) -> Verdict:
    """Return the verdict on a PDF that could not be read to an end.

    What was not checked is neither valid nor proved invalid (EN 319 102-1 clause
    5.1.3: INDETERMINATE, GENERIC).
    """
    return Verdict(
        kind=FileKind.PDF,
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.GENERIC,
        reasons=(Reason(failure.code),),
    )
