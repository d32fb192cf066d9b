"""The job that judges the signatures of a PDF; loaded in a worker only."""

from schemas.errors import ErrorCode
from schemas.verdict import Verdict
from signing.errors import SigningError
from signing.validation.pdf import judge_pdf
from signing.workers.protocol import Request


def judge(request: Request) -> Verdict:
    """Return the verdict on the PDF in the request.

    Raises:
        SigningError: REQUEST_INVALID, no control time was given.
    """
    if request.at is None:
        raise SigningError(ErrorCode.REQUEST_INVALID, place="at")
    return judge_pdf(
        request.payload,
        material=request.material,
        at=request.at,
        proven_at=request.proven_at,
    )
