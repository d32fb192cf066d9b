"""Who calls: the client certificate of the connection, judged again and again.

A resumed TLS session does not check the chain, and a certificate may be revoked while
a connection lives, so every request asks; judgements are kept for at most a minute.
"""

from dataclasses import replace
from hashlib import sha256
from ipaddress import ip_address

from aiohttp import web

from exchange.domain.parties import System
from exchange.domain.records import AuditLine
from exchange.domain.tokens import allows, narrowed, token_error
from exchange.errors import ExchangeError
from exchange.http.passed_certificate import NOBODY, Connections, Proxies
from exchange.http.refused_callers import RefusedCallers
from exchange.http.request import site_of_peer
from exchange.http.route import Route
from exchange.known_systems import KnownSystems
from exchange.services import Caller, Services
from exchange.settings.server import AuthMode
from exchange.usecases.signer import refusal_of
from pki.purposes import KeyPurpose
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import SystemId
from schemas.vocabulary import AuditEvent

SYSTEM_HEADER = "Lienthong-System"
"""Names the caller where development authentication is on."""

_SAFE_METHODS = frozenset({"GET", "HEAD"})
_HUBS_OWN = frozenset({ErrorCode.REVOCATION_UNCHECKED, ErrorCode.REVOCATION_STALE})


class Authenticator:
    """Tells which registered system a request comes from.

    Args:
        mode: whether a header may name the caller, on loopback.
        proxies: who may pass on certificates of others.
    """

    def __init__(
        self, services: Services, *, mode: AuthMode, proxies: Proxies = NOBODY
    ) -> None:
        self._services = services
        self._mode = mode
        self._connections = Connections(proxies)
        self._systems = KnownSystems()
        self._refused = RefusedCallers()

    async def caller(self, request: web.Request) -> Caller:
        """Return the caller.

        Raises:
            ExchangeError: no certificate, an unknown one, or one that does not hold.
        """
        der = None
        try:
            der = self.certificate(request)
            if der is not None:
                return self._by_token(request, await self._by_certificate(der), der)
            if self._mode is AuthMode.DEVELOPMENT and _is_local(request):
                return await self._by_header(request)
            raise ExchangeError(ErrorCode.CLIENT_CERTIFICATE_MISSING)
        except CodedError as refusal:
            await self._audit_unknown(request, refusal, der)
            raise

    def certificate(self, request: web.Request) -> bytes | None:
        """Return the certificate of whoever calls, DER; None without one.

        Raises:
            ExchangeError: it is passed on by somebody who may not, or not as it has
                to be (CLIENT_CERTIFICATE_HEADER_REFUSED).
        """
        return self._connections.shown_certificate(request)

    async def require_allowed(self, route: Route, caller: Caller) -> None:
        """Require that a caller may do what it asks for, whatever it is about.

        Raises:
            ExchangeError: its role or its token's scope may not (ROLE_NOT_ALLOWED).
        """
        is_safe = route.method in _SAFE_METHODS
        if caller.role not in route.allowed:
            place: str = caller.role
        elif caller.scopes is not None and not allows(caller.scopes, is_safe=is_safe):
            place = "scope"
        else:
            return
        refusal = ExchangeError(ErrorCode.ROLE_NOT_ALLOWED, place=place)
        line = self._line(refusal, caller.system.system_id)
        await self._audit(replace(line, subject=route.operation_id))
        raise refusal

    async def _by_certificate(self, der: bytes) -> System:
        system = await self._registered(sha256(der).hexdigest())
        require_valid_client(self._services, der)
        return system

    async def _registered(self, fingerprint: str) -> System:
        services = self._services
        found = await self._systems.owner(
            fingerprint, services.storage.directory, now=services.now()
        )
        if found is None:
            raise ExchangeError(ErrorCode.CLIENT_CERTIFICATE_UNKNOWN, place=fingerprint)
        return found

    def _by_token(self, request: web.Request, system: System, der: bytes) -> Caller:
        """Return a system, narrowed by the token of its certificate if it shows one."""
        shown = request.headers.get("Authorization")
        if shown is None:
            return Caller(system=system)
        scheme, _, text = shown.partition(" ")
        if scheme.lower() != "bearer" or self._services.tokens is None:
            raise ExchangeError(ErrorCode.TOKEN_REFUSED, place="Authorization")
        claims = self._services.tokens.read(text.strip())
        certificate = sha256(der).hexdigest()
        code = token_error(claims, system, certificate, self._services.now())
        if code is not None:
            raise ExchangeError(code, place="Authorization")
        return Caller(system=narrowed(system, claims), scopes=claims.scopes)

    async def _by_header(self, request: web.Request) -> Caller:
        named = SystemId(request.headers.get(SYSTEM_HEADER, ""))
        system = await self._services.storage.directory.system(named)
        if system is None:
            raise ExchangeError(
                ErrorCode.CLIENT_CERTIFICATE_MISSING, place=SYSTEM_HEADER
            )
        return Caller(system=system, plain_channel=True)

    async def _audit_unknown(
        self, request: web.Request, refusal: CodedError, der: bytes | None
    ) -> None:
        """Write down who was not let in, unless the trail is full of the same."""
        actor = sha256(der).hexdigest() if der else "unknown"
        left_out = self._refused.before(f"{site_of_peer(request)} {actor}")
        if left_out is not None:
            facts = (("left_out", str(left_out)),) if left_out else ()
            await self._audit(replace(self._line(refusal, actor), facts=facts))

    async def _audit(self, line: AuditLine) -> None:
        await self._services.storage.audit.append(line)

    def _line(self, refusal: CodedError, actor: str) -> AuditLine:
        return AuditLine(
            at=self._services.now(),
            event=AuditEvent.ACCESS_REFUSED,
            actor=actor,
            code=refusal.code,
        )


def require_valid_client(
    services: Services, der: bytes, usage: KeyPurpose = KeyPurpose.TLS_CLIENT
) -> None:
    """Require that a client's certificate holds now; judgements are kept for a minute.

    Args:
        services: of the hub.
        der: the certificate.
        usage: whether systems call here, or people.

    Raises:
        ExchangeError: it does not (CLIENT_CERTIFICATE_REFUSED), or the hub cannot tell
            (REVOCATION_UNCHECKED, REVOCATION_STALE).
    """
    judgement = services.trust.judge(
        der,
        intermediates=(),
        at=services.now(),
        usage=usage,
    )
    refusal = refusal_of(judgement)
    if refusal is None:
        return
    if refusal.code in _HUBS_OWN:
        raise ExchangeError(refusal.code, place=refusal.place)
    raise ExchangeError(ErrorCode.CLIENT_CERTIFICATE_REFUSED, place=refusal.code)


def _is_local(request: web.Request) -> bool:
    transport = request.transport
    peer = transport.get_extra_info("peername") if transport else None
    # On a Unix socket it is an empty text.
    return ip_address(peer[0]).is_loopback if peer else False
