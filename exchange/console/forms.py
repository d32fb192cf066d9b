"""What a form brings: small, flat, and text unless a page says otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode

_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a form, each with the texts it has."""

    values: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str:
        """Return a field without the spaces around it; empty if it is absent."""
        return self.exactly(name).strip()

    def exactly(self, name: str) -> str:
        """Return a field as it was typed: a password may begin with a space."""
        return self.values.get(name, ("",))[-1]

    def every(self, name: str) -> tuple[str, ...]:
        """Return all texts of a field that may be there more than once."""
        return tuple(one.strip() for one in self.values.get(name, ()) if one.strip())


async def fields_of(request: web.Request) -> Fields:
    """Read a form that has no files.

    Raises:
        ExchangeError: too long, or a file where a text should be (REQUEST_INVALID).
    """
    values: dict[str, list[str]] = {}
    for name, value in (await request.post()).items():
        if not isinstance(value, str):
            raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name[:40])
        values.setdefault(name, []).append(require_short(name, value))
    return Fields(values)


def require_short(name: str, value: str) -> str:
    """Return the text of a field.

    Raises:
        ExchangeError: it is too long (REQUEST_INVALID).
    """
    if len(value) > _LONGEST:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name[:40])
    return value
