"""Results on their way back from a worker: JSON into a closed set of dataclasses.

A worker has read hostile bytes, so its answer is data of an unknown author: it is
rebuilt field by field by its declared type, and never unpickled.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from math import isfinite
from types import NoneType, UnionType
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

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
    PreparedPart,
    CompletedPart,
    RaisedPart,
)

_Result = TypeVar("_Result")


def encode(result: object) -> bytes:
    """Write a result as JSON."""
    return json.dumps(_plain(result), ensure_ascii=False).encode()


def decode(answer: bytes, expected: type[_Result]) -> _Result:
    """Read a result of the type `expected`.

    Raises:
        WorkerFailure: PARSER_FAILED, the answer is anything else.
    """
    try:
        return cast("_Result", _rebuilt(json.loads(answer), expected))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WorkerFailure(ErrorCode.PARSER_FAILED, place="answer") from error


def _plain(value: object) -> object:
    if isinstance(value, _CLOSED_SET):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    return value


def _rebuilt(value: object, expected: object) -> object:
    origin = get_origin(expected)
    if origin in {Union, UnionType}:
        return _optional(value, get_args(expected))
    if origin is tuple:
        return _tuple(value, get_args(expected)[0])
    if expected in _CLOSED_SET:
        return _dataclass(value, cast("type[object]", expected))
    return _scalar(value, expected)


def _optional(value: object, choices: tuple[object, ...]) -> object:
    if value is None and NoneType in choices:
        return None
    (only,) = (one for one in choices if one is not NoneType)
    return _rebuilt(value, only)


def _tuple(value: object, item: object) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    return tuple(_rebuilt(one, item) for one in value)


def _dataclass(value: object, kind: type[object]) -> object:
    hints = _hints(cast("Hashable", kind))
    if not isinstance(value, dict) or value.keys() != hints.keys():
        raise TypeError("other fields are expected")
    return kind(**{name: _rebuilt(value[name], hints[name]) for name in hints})


@cache
def _hints(kind: Hashable) -> Mapping[str, object]:
    if not isinstance(kind, type) or not is_dataclass(kind):
        raise TypeError("not of the closed set")
    return get_type_hints(kind)


def _scalar(value: object, expected: object) -> object:
    if not isinstance(expected, type):
        raise TypeError("not a type of the closed set")
    if expected in {str, bool}:
        if type(value) is not expected:
            raise TypeError("another type is expected")
        return value
    if expected in {int, float}:
        return _number(value, expected)
    if not isinstance(value, str):
        raise TypeError("text is expected")
    if reader := _READERS.get(expected):
        return reader(value)
    if issubclass(expected, StrEnum):
        return expected(value)
    raise TypeError("not a type of the closed set")


_READERS: Mapping[object, Callable[[str], object]] = {
    bytes: partial(b64decode, validate=True),
    datetime: datetime.fromisoformat,
}


def _number(value: object, expected: type) -> object:
    """Accept finite numbers alone: JSON as Python reads it also knows NaN."""
    if type(value) is int or (type(value) is float and expected is float):
        number = expected(value)
        if isfinite(number):
            return number
    raise TypeError("a number is expected")
