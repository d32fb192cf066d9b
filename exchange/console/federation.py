"""Signing in by an identity provider, from the browser's side.

Authorization code with PKCE (RFC 7636), state and nonce; what was begun is known to
this process, finished once, by the browser that began it.
"""

import secrets
from base64 import urlsafe_b64encode
from collections import OrderedDict
from datetime import timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from exchange.domain.accounts import Grant, Identity
from exchange.domain.federation import (
    Begun,
    Expected,
    RoleRule,
    fault_of,
    grants_in,
    identity_in,
    is_answer,
    role_rule,
)
from exchange.errors import ExchangeError
from exchange.http.identity_provider import IdentityProvider, back_address
from schemas.errors import ErrorCode

_MOST_BEGUN: Final = 2000
"""So many sign-ins wait for their answers; the oldest is forgotten for one more."""

_TOKEN_BYTES: Final = 32
_LONGEST_CODE: Final = 4096


class Federation:
    """Sign-ins by one provider that were begun and not finished.

    Args:
        provider: who is asked.
    """

    def __init__(self, provider: IdentityProvider) -> None:
        self.provider = provider
        self._begun: OrderedDict[str, Begun] = OrderedDict()

    async def begin(self, browser: str) -> str:
        """Begin a sign-in; return where the browser goes.

        Args:
            browser: what the browser keeps, so that it alone can finish.

        Raises:
            ExchangeError: the provider does not answer (IDENTITY_PROVIDER_UNAVAILABLE).
        """
        provider, state = await self.provider.described(), new_token()
        begun = Begun(
            browser=digest_of(browser),
            nonce=new_token(),
            verifier=new_token(),
            at=self.provider.clock(),
        )
        self._begun[state] = begun
        if len(self._begun) > _MOST_BEGUN:
            self._begun.popitem(last=False)
        joint = "&" if "?" in provider.authorization else "?"
        return f"{provider.authorization}{joint}{urlencode(self._asked(state, begun))}"

    def _asked(self, state: str, begun: Begun) -> dict[str, str]:
        """Return the request (OpenID Connect Core 1.0 section 3.1.2.1)."""
        settings = self.provider.settings
        challenge = sha256(begun.verifier.encode()).digest()
        return {
            "response_type": "code",
            "scope": "openid",
            "client_id": settings.client_id,
            "redirect_uri": back_address(settings),
            "state": state,
            "nonce": begun.nonce,
            "code_challenge": urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }

    async def finish(
        self, browser: str, answer: dict[str, str]
    ) -> tuple[Identity, tuple[Grant, ...] | None]:
        """Return whom the provider names, and the roles it gives; None: none of its.

        Args:
            browser: what the browser keeps.
            answer: the parameters it brings from the provider.

        Raises:
            ExchangeError: not the answer to a sign-in this browser began, or the
                provider or its token refuses (IDENTITY_REFUSED); the provider does
                not answer (IDENTITY_PROVIDER_UNAVAILABLE).
        """
        begun = self._begun.pop(answer.get("state", ""), None)
        provider = await self.provider.described()
        now, issuer = self.provider.clock(), answer.get("iss")
        shown = digest_of(browser)
        if begun is None or not is_answer(
            begun, shown, now, issuer=issuer, of=provider
        ):
            raise ExchangeError(ErrorCode.IDENTITY_REFUSED, place="state")
        code = answer.get("code", "")
        if "error" in answer or not 0 < len(code) <= _LONGEST_CODE:
            raise ExchangeError(ErrorCode.IDENTITY_REFUSED, place="error")
        claims = await self.provider.claims(code, begun.verifier)
        fault = fault_of(claims, self._expected(begun), now)
        if fault:
            raise ExchangeError(ErrorCode.IDENTITY_REFUSED, place=fault)
        claim, rules = self.provider.settings.role_claim, self._rules()
        grants = grants_in(claims.get(claim), rules, now) if claim else None
        return identity_in(claims), grants

    def _expected(self, begun: Begun) -> Expected:
        settings = self.provider.settings
        return Expected(
            issuer=settings.issuer,
            client_id=settings.client_id,
            nonce=begun.nonce,
            clock=timedelta(seconds=settings.clock_seconds),
        )

    def _rules(self) -> list[RoleRule]:
        return [
            one for text in self.provider.settings.roles if (one := role_rule(text))
        ]

    async def sign_out_address(self) -> str:
        """Return where people sign out of the provider too; empty if nowhere.

        OpenID Connect RP-Initiated Logout 1.0 section 2.
        """
        try:
            provider = await self.provider.described()
        except ExchangeError:
            return ""
        if not provider.logout:
            return ""
        settings = self.provider.settings
        asked = {
            "client_id": settings.client_id,
            "post_logout_redirect_uri": f"{settings.address}/sign-in",
        }
        joint = "&" if "?" in provider.logout else "?"
        return f"{provider.logout}{joint}{urlencode(asked)}"


def new_token() -> str:
    """Return a text nobody guesses (RFC 7636 section 4.1 asks for 43 characters)."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def digest_of(token: str) -> str:
    """Return what is kept of a text a browser keeps."""
    return sha256(token.encode()).hexdigest()
