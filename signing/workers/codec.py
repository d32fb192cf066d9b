"""Results on their way back from a worker: JSON into a closed set of dataclasses.

A worker has read hostile bytes, so its answer is data of an unknown author: it is
rebuilt field by field by its declared type, and never unpickled.
"""

import json
from typing import TypeVar, cast

from schemas.errors import ErrorCode
from schemas.verdict import (
    AppliedPolicy,
    CertificateSummary,
    EvidenceItem,
    Reason,
    RevocationCheck,
    SignatureVerdict,
    Verdict,
)
from signing.pades.text_lines import DocumentText, TextLine, TextWord
from signing.plain_json import PlainJson
from signing.validation.drawn import DrawnPage
from signing.validation.found import EvidenceFound
from signing.workers.failure import WorkerFailure
from signing.workers.made import CompletedPart, PreparedPart, RaisedPart

_CLOSED_SET = (
    Verdict,
    AppliedPolicy,
    SignatureVerdict,
    CertificateSummary,
    RevocationCheck,
    EvidenceItem,
    EvidenceFound,
    Reason,
    DocumentText,
    TextLine,
    TextWord,
    DrawnPage,
    PreparedPart,
    CompletedPart,
    RaisedPart,
)

_ANSWERS = PlainJson(_CLOSED_SET)
_Result = TypeVar("_Result")


def encode(result: object) -> bytes:
    """Write a result as JSON."""
    return json.dumps(_ANSWERS.plain(result), ensure_ascii=False).encode()


def decode(answer: bytes, expected: type[_Result]) -> _Result:
    """Read a result of the type `expected`.

    Raises:
        WorkerFailure: PARSER_FAILED, the answer is anything else.
    """
    try:
        return cast("_Result", _ANSWERS.rebuilt(json.loads(answer), expected))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WorkerFailure(ErrorCode.PARSER_FAILED, place="answer") from error
