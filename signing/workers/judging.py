"""The job that judges the signatures of a PDF; loaded in a worker only."""

import sys
from importlib.util import find_spec
from types import ModuleType

from schemas.errors import ErrorCode
from schemas.verdict import Verdict
from signing.errors import SigningError
from signing.workers.protocol import Request


def _leave_out_signers() -> None:
    """Stand in for the package file of `pyhanko.sign`.

    It would load signers, time stamp clients and a web client: half of the start-up
    time of a worker, and code that a process for hostile files is better without. The
    modules below it load as always. pyHanko is pinned exactly, and tests judge both
    with and without this.
    """
    package = find_spec("pyhanko")
    if package is None or "pyhanko.sign" in sys.modules:
        return
    stand_in = ModuleType("pyhanko.sign")
    stand_in.__path__ = [
        f"{one}/sign" for one in package.submodule_search_locations or ()
    ]
    sys.modules["pyhanko.sign"] = stand_in


_leave_out_signers()

from signing.validation.pdf import (  # noqa: E402 - after the stand-in
    evidence_in,
    judge_pdf,
    read_facts,
)

__all__ = ["evidence_in", "judge", "judge_pdf", "read_facts"]


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
