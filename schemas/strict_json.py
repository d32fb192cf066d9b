"""Our own JSON records, read strictly; RFC 8785 gives each one spelling."""

import json
from collections.abc import Mapping

from schemas.errors import ErrorCode, SchemaError

LARGEST_NUMBER = 2**53 - 1
"""The largest whole number every JSON reader keeps exact (RFC 8785)."""


class JsonFields:
    """The fields of one JSON object.

    Args:
        data: the bytes of the object.
        largest: bytes it may have at most.
        name: what it is, named when it is refused.

    Raises:
        SchemaError: too large, or no JSON object (SCHEMA_VIOLATION).
    """

    def __init__(self, data: bytes, *, largest: int, name: str) -> None:
        self._name = name
        self._fields = self._object(data) if len(data) <= largest else None
        if self._fields is None:
            raise self._refusal(name)

    def text(self, key: str) -> str:
        """Return the string under `key`.

        Raises:
            SchemaError: no string of Unicode characters stands there.
        """
        return self._string(self._get(key), key)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the list of strings under `key`.

        Raises:
            SchemaError: no list of strings stands there.
        """
        found = self._get(key)
        if not isinstance(found, list):
            raise self._refusal(key)
        return tuple(self._string(one, key) for one in found)

    def number(self, key: str) -> int:
        """Return the natural number under `key`.

        Raises:
            SchemaError: no whole number from 0 to 2**53 - 1 stands there.
        """
        found = self._get(key)
        if type(found) is not int or not 0 <= found <= LARGEST_NUMBER:
            raise self._refusal(key)
        return found

    def _object(self, data: bytes) -> Mapping[str, object] | None:
        try:
            found = json.loads(data.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise self._refusal(self._name) from error
        return found if isinstance(found, dict) else None

    def _get(self, key: str) -> object:
        return self._fields.get(key) if self._fields else None

    def _string(self, found: object, key: str) -> str:
        """Return `found` if it is text; JSON can spell half a surrogate pair."""
        if not isinstance(found, str) or any(
            "\ud800" <= one <= "\udfff" for one in found
        ):
            raise self._refusal(key)
        return found

    def _refusal(self, place: str) -> SchemaError:
        return SchemaError(ErrorCode.SCHEMA_VIOLATION, place=place)
