"""Asking an identity provider: its metadata, its keys, and for a token.

Nothing but the issuer's own origin is asked: no redirects, no proxies of the
environment, no cookies; little patience, and answers of bounded size.
"""

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus

import aiohttp

from exchange.domain.federation import Provider, read_provider
from exchange.errors import ExchangeError
from exchange.id_tokens import (
    ProviderKeys,
    UnknownKeyError,
    read_id_token,
    read_keys,
)
from exchange.settings.oidc import OidcSettings
from pki.files import read_private_file
from schemas.errors import ErrorCode

_SECONDS: Final = 10.0
_MOST_BYTES: Final = 256 * 1024
_REMEMBERED = timedelta(hours=1)
_ASKED_AGAIN = timedelta(minutes=1)
"""How often at most keys are asked for because a token names one that is not known."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What a provider said of itself, and when."""

    provider: Provider
    keys: ProviderKeys
    at: datetime


class IdentityProvider:
    """One provider, as the settings name it.

    Args:
        settings: of it.
        clock: gives the time.

    Raises:
        CodedError: a file of the settings is missing, unreadable or open to others.
    """

    def __init__(self, settings: OidcSettings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.clock = clock
        self._tls = _tls(settings.authority)
        self._secret = _secret(settings.client_secret_file)
        self._known: _Known | None = None
        self._asking = asyncio.Lock()

    async def described(self) -> Provider:
        """Return where the provider is asked; remembered for an hour.

        Raises:
            ExchangeError: it does not say (IDENTITY_PROVIDER_UNAVAILABLE).
        """
        return (await self._knowing(_REMEMBERED)).provider

    async def claims(self, code: str, verifier: str) -> Mapping[str, object]:
        """Return what the token says that is given for a code; its key is checked.

        Args:
            code: what the provider gave the browser, once.
            verifier: of the sign-in that was begun (RFC 7636 section 4.5).

        Raises:
            ExchangeError: none is given (IDENTITY_PROVIDER_UNAVAILABLE,
                IDENTITY_REFUSED), or it is signed by nobody known (IDENTITY_REFUSED).
        """
        known = await self._knowing(_REMEMBERED)
        token = await self._token(known.provider, code, verifier)
        try:
            return read_id_token(token, known.keys)
        except UnknownKeyError:
            # The provider changed its key since it was asked.
            known = await self._knowing(_ASKED_AGAIN)
            return read_id_token(token, known.keys)

    async def _knowing(self, at_most: timedelta) -> _Known:
        async with self._asking:
            known, now = self._known, self.clock()
            if known is None or not timedelta() <= now - known.at < at_most:
                known = await self._asked(now)
                self._known = known
            return known

    async def _asked(self, now: datetime) -> _Known:
        issuer = self.settings.issuer
        address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        provider = read_provider(_object(await self._ask("GET", address)), issuer)
        if provider is None:
            raise _unavailable("metadata")
        keys = read_keys(await self._ask("GET", provider.keys))
        return _Known(provider, keys, now)

    async def _token(self, provider: Provider, code: str, verifier: str) -> str:
        """Exchange a code for a token (RFC 6749 section 4.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back_address(self.settings),
            "code_verifier": verifier,
            "client_id": self.settings.client_id,
        }
        answer = _object(await self._ask("POST", provider.token, data=form))
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _unavailable("token_endpoint")
        return token

    async def _ask(
        self, method: str, address: str, *, data: Mapping[str, str] | None = None
    ) -> bytes:
        try:
            async with (
                asyncio.timeout(_SECONDS),
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(ssl=self._tls, force_close=True),
                    trust_env=False,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    headers={"User-Agent": "lienthong", "Accept": "application/json"},
                ) as session,
                session.request(
                    method,
                    address,
                    data=data,
                    headers=self._proof() if data else None,
                    allow_redirects=False,
                ) as answer,
            ):
                return await _body(answer, is_exchange=data is not None)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise _unavailable(type(error).__name__) from error

    def _proof(self) -> dict[str, str] | None:
        """Prove who asks for a token (RFC 6749 section 2.3.1)."""
        if not self._secret:
            return None
        name, secret = map(quote_plus, (self.settings.client_id, self._secret))
        return {"Authorization": aiohttp.encode_basic_auth(name, secret)}


def back_address(settings: OidcSettings) -> str:
    """Return where a provider sends people back to."""
    return f"{settings.address}/sign-in/provider/back"


async def _body(answer: aiohttp.ClientResponse, *, is_exchange: bool) -> bytes:
    if is_exchange and answer.status == HTTPStatus.BAD_REQUEST:
        # RFC 6749 5.2: the code is none, was used, or is not of this client. Where
        # the client itself is not known (401), the operator has to look.
        raise ExchangeError(ErrorCode.IDENTITY_REFUSED, place="code")
    if answer.status != HTTPStatus.OK:
        raise _unavailable(f"HTTP {answer.status}")
    found = bytearray()
    async for part in answer.content.iter_chunked(16 * 1024):
        found += part
        if len(found) > _MOST_BYTES:
            raise _unavailable("size")
    return bytes(found)


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _unavailable("JSON") from error
    if not isinstance(found, dict):
        raise _unavailable("JSON")
    return found


def _tls(authority: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        place = "oidc.authority"
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place) from error


def _secret(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return read_private_file(file).decode("ascii").strip()
    except UnicodeDecodeError as error:
        place = "oidc.client_secret_file"
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place) from error


def _unavailable(place: str) -> ExchangeError:
    return ExchangeError(ErrorCode.IDENTITY_PROVIDER_UNAVAILABLE, place=place)
