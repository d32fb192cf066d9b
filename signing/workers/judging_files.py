"""The job that judges a file of any kind; loaded in a worker only."""

from time import monotonic

from schemas.errors import ErrorCode
from schemas.verdict import Verdict
from signing.errors import SigningError
from signing.validation.files import Question, judge_file
from signing.workers.judging import judge_pdf
from signing.workers.once import SINGLE_FILE
from signing.workers.protocol import Request


def judge_any(request: Request) -> Verdict:
    """Return the verdict on the file in the request, PDF files inside it included.

    Raises:
        SigningError: REQUEST_INVALID, no time was given.
    """
    return judge_file(request.payload, question_of(request))


def question_of(request: Request) -> Question:
    """Return what is asked of the file in the request.

    Raises:
        SigningError: REQUEST_INVALID, no time was given.
    """
    now = request.now or request.at
    if now is None:
        raise SigningError(ErrorCode.REQUEST_INVALID, place="now")
    return Question(
        material=request.material,
        at=request.at,
        now=now,
        judge_pdf=judge_pdf,
        deadline=monotonic() + SINGLE_FILE.timeout_seconds,
    )
