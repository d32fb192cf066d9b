"""Frozen dataclasses as JSON and back, field by field by their declared types.

What is read is data of an unknown author: nothing outside a closed set is ever built.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class PlainJson:
    """Writes and rebuilds the dataclasses of a closed set.

    Args:
        closed: the dataclasses; their fields are scalars, tuples, or of the set.
    """

    closed: tuple[type, ...]

    def plain(self, value: object) -> object:
        """Return what `json.dumps` takes."""
        if isinstance(value, self.closed):
            whole: Any = value
            names = [one.name for one in fields(whole)]
            return {name: self.plain(getattr(whole, name)) for name in names}
        if isinstance(value, tuple):
            return [self.plain(one) for one in value]
        if isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, bytes):
            return b64encode(value).decode("ascii")
        return value

    def rebuilt(self, value: object, expected: object) -> object:
        """Return a value of the type `expected` from what `json.loads` gives.

        Raises:
            ValueError: it is something else; TypeError, KeyError likewise.
        """
        origin = get_origin(expected)
        if origin in {Union, UnionType}:
            return self._optional(value, get_args(expected))
        if origin is tuple:
            return self._tuple(value, get_args(expected)[0])
        if expected in self.closed:
            return self._dataclass(value, cast("type[object]", expected))
        return _scalar(value, expected)

    def _optional(self, value: object, choices: tuple[object, ...]) -> object:
        if value is None and NoneType in choices:
            return None
        (only,) = (one for one in choices if one is not NoneType)
        return self.rebuilt(value, only)

    def _tuple(self, value: object, item: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise TypeError("a list is expected")
        return tuple(self.rebuilt(one, item) for one in value)

    def _dataclass(self, value: object, kind: type[object]) -> object:
        hints = _hints(cast("Hashable", kind))
        if not isinstance(value, dict) or value.keys() != hints.keys():
            raise TypeError("other fields are expected")
        return kind(**{name: self.rebuilt(value[name], hints[name]) for name in hints})


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
