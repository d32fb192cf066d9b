"""The jobs that keep facts on a PDF file, and judge it again by them."""

from schemas.errors import ErrorCode
from schemas.verdict import Verdict
from signing.errors import SigningError
from signing.workers.judging import read_facts
from signing.workers.protocol import Request

from signing.validation.kept_facts import (  # isort: skip - after the stand-in
    judge_kept_facts,
    keep_facts,
    read_kept_facts,
)


def find_facts(request: Request) -> tuple[str, ...]:
    """Return the facts on the PDF file in the request, as JSON.

    Raises:
        SigningError: REQUEST_INVALID, no control time was given; NOT_SIGNED; whatever
            keeps the file from being read.
    """
    if request.at is None:
        raise SigningError(ErrorCode.REQUEST_INVALID, place="at")
    facts = read_facts(request.payload)
    if not facts.signatures:
        raise SigningError(ErrorCode.NOT_SIGNED)
    kept = keep_facts(request.payload, facts, material=request.material, at=request.at)
    return (kept.decode(),)


def judge_again(request: Request) -> Verdict:
    """Return the verdict by the facts in the request; of the material the roots count.

    Raises:
        SigningError: FACTS_INVALID.
        PkiError: a root is malformed or not a CA.
    """
    return judge_kept_facts(
        read_kept_facts(request.payload),
        roots=request.material.roots,
        policy=request.material.policy,
        at=request.at,
    )
