"""Give a system a token: short, for this hub, of the certificate it came with."""

from dataclasses import dataclass
from datetime import timedelta

from exchange.domain.access import acting_agencies
from exchange.domain.tokens import Scope, TokenClaims, wish_error
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.auditing import audit_line, refusals_audited
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import AuditEvent

LONGEST_SECONDS = 900
"""Design, section 8: tokens are short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueToken:
    """A wish for a token.

    Args:
        certificate: SHA-256 of the connection's certificate, lower hex; empty without.
        agencies: none for all of the system's.
    """

    caller: Caller
    certificate: str
    agencies: frozenset[OrganId]
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token, told once."""

    text: str
    claims: TokenClaims


async def issue_token(services: Services, command: IssueToken) -> IssuedToken:
    """Give a token.

    Raises:
        ExchangeError: this hub gives none (SERVICE_UNAVAILABLE), the caller has no
            certificate or only a token itself, or does not act for an agency.
    """
    caller = command.caller
    async with refusals_audited(
        services, caller, subject="token", event=AuditEvent.ACCESS_REFUSED
    ):
        claims = _claims(services, command)
        if services.tokens is None:
            raise ExchangeError(ErrorCode.SERVICE_UNAVAILABLE, place="tokens.key_file")
    line = audit_line(
        AuditEvent.TOKEN_ISSUED,
        at=services.now(),
        actor=caller.system.system_id,
        subject="token",
        agencies=" ".join(sorted(claims.agencies)),
        scopes=" ".join(sorted(claims.scopes)),
    )
    await services.storage.audit.append(line)
    return IssuedToken(services.tokens.issue(claims), claims)


def _claims(services: Services, command: IssueToken) -> TokenClaims:
    caller, now = command.caller, services.now()
    if not command.certificate:
        raise ExchangeError(ErrorCode.CLIENT_CERTIFICATE_MISSING)
    if caller.scopes is not None:
        # Whoever has a token would make it last for ever.
        raise ExchangeError(ErrorCode.TOKEN_REFUSED, place="Authorization")
    own = acting_agencies(caller.system, now)
    code = wish_error(caller.system, command.agencies, now)
    if code is not None:
        raise ExchangeError(code, place=" ".join(sorted(command.agencies - own)))
    # JWT counts whole seconds: it begins with the one that runs.
    issued_at = now.replace(microsecond=0)
    return TokenClaims(
        system_id=caller.system.system_id,
        certificate=command.certificate,
        agencies=command.agencies or own,
        scopes=command.scopes or frozenset(Scope),
        issued_at=issued_at,
        expires_at=issued_at + timedelta(seconds=LONGEST_SECONDS),
    )
