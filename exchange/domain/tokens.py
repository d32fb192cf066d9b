"""Tokens of systems: short, for one hub, of one certificate, never more than its own.

Invariants:
    - A token gives nothing that its system and its certificate do not give by
      themselves at the time of the call; it only takes away.
    - It is accepted over the certificate alone that it was given to (RFC 8705).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from exchange.domain.access import acting_agencies
from exchange.domain.parties import System
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId


class Scope(StrEnum):
    """What a token is for; to write is not to read."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClaims:
    """What a token says.

    Args:
        system_id: whose it is.
        certificate: SHA-256 of the certificate it was given to, lower hex.
        agencies: the only ones it may act for.
        scopes: the only things it may do.
    """

    system_id: str
    certificate: str
    agencies: frozenset[OrganId]
    scopes: frozenset[Scope]
    issued_at: datetime
    expires_at: datetime


def wish_error(
    system: System, agencies: frozenset[OrganId], now: datetime
) -> ErrorCode | None:
    """Return why a system may not have a token for these agencies."""
    if not agencies <= acting_agencies(system, now):
        return ErrorCode.AGENCY_NOT_ACTED_FOR
    return None


def token_error(
    claims: TokenClaims, system: System, certificate: str, now: datetime
) -> ErrorCode | None:
    """Return why a token does not count on this connection now."""
    holds = (
        claims.issued_at <= now < claims.expires_at
        and claims.certificate == certificate
        and claims.system_id == system.system_id
    )
    return None if holds else ErrorCode.TOKEN_REFUSED


def narrowed(system: System, claims: TokenClaims) -> System:
    """Return a system with the agencies of a token alone."""
    rights = tuple(one for one in system.acts_for if one.agency in claims.agencies)
    return replace(system, acts_for=rights)


def allows(scopes: frozenset[Scope], *, is_safe: bool) -> bool:
    """Tell whether scopes are enough for a request that changes nothing, or for one."""
    return (Scope.READ if is_safe else Scope.WRITE) in scopes
