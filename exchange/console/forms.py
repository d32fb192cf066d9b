"""What a form brings: small, flat, and text unless a page says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode

_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a form, each a text."""

    values: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a field without the spaces around it; empty if it is absent."""
        return self.values.get(name, "").strip()

    def exactly(self, name: str) -> str:
        """Return a field as it was typed: a password may begin with a space."""
        return self.values.get(name, "")


async def fields_of(request: web.Request) -> Fields:
    """Read a form that has no files.

    Raises:
        ExchangeError: too long, or a file where a text should be (REQUEST_INVALID).
    """
    values = {}
    for name, value in (await request.post()).items():
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name[:40])
        values[name] = value
    return Fields(values)
