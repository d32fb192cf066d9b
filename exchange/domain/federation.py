"""Whom an identity provider names: what is believed of what it says.

Invariants:
    - Nothing but addresses of the issuer's own origin is ever asked.
    - A token counts for this client, for the sign-in that was begun, while it lives
      (OpenID Connect Core 1.0 section 3.1.3.7).
    - A provider makes no accounts, and gives the roles that our settings map alone.
"""

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from exchange.domain.accounts import Grant, Identity
from exchange.domain.roles import AccessRole
from schemas.identifiers import OrganId

_RULE = re.compile(r"([^=\s][^=]*)=([a-z]+)(?:@([A-Z0-9.]+))?")
_PEOPLE = {one.value: one for one in AccessRole if one is not AccessRole.SYSTEM}
_OF_THE_HUB = frozenset({AccessRole.OPERATOR, AccessRole.AUDITOR})
BEGUN_FOR = timedelta(minutes=10)
"""How long a sign-in that was begun may be finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where a provider is asked (OpenID Connect Discovery 1.0 section 3).

    Args:
        logout: where people sign out; empty where it has no such page.
        names_itself: it names itself in every answer (RFC 9207).
    """

    issuer: str
    authorization: str
    token: str
    keys: str
    logout: str = ""
    names_itself: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """One sign-in that was begun here.

    Args:
        browser: digest of what the browser was given to show again.
        nonce: comes back in the token.
        verifier: proves to the provider who began (RFC 7636).
    """

    browser: str
    nonce: str
    verifier: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token must say.

    Args:
        clock: how far the provider's clock may be off.
    """

    issuer: str
    client_id: str
    nonce: str
    clock: timedelta


@dataclass(frozen=True, slots=True)
class RoleRule:
    """What one value of the claim of roles means."""

    value: str
    role: AccessRole
    agency: str | None


def read_provider(document: Mapping[str, object], issuer: str) -> Provider | None:
    """Return what a provider says of itself; None if it is not to be believed.

    Args:
        document: its metadata.
        issuer: whom it was asked from; every address must be of this origin.
    """
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    found = [_own(document.get(one), issuer) for one in names]
    methods = document.get("code_challenge_methods_supported", ["S256"])
    if document.get("issuer") != issuer or not all(found):
        return None
    if not isinstance(methods, list) or "S256" not in methods:
        return None
    itself = document.get("authorization_response_iss_parameter_supported")
    return Provider(
        issuer=issuer,
        authorization=found[0],
        token=found[1],
        keys=found[2],
        logout=_own(document.get("end_session_endpoint"), issuer),
        names_itself=itself is True,
    )


def _own(address: object, issuer: str) -> str:
    """Return an address of the issuer's origin; empty for another."""
    if not isinstance(address, str) or not address.isprintable():
        return ""
    try:
        asked, own = urlsplit(address), urlsplit(issuer)
    except ValueError:
        return ""
    same = (asked.scheme, asked.netloc) == (own.scheme, own.netloc)
    return address if same and not asked.fragment and " " not in address else ""


def is_answer(
    begun: Begun | None,
    browser: str,
    now: datetime,
    *,
    issuer: str | None,
    of: Provider,
) -> bool:
    """Tell whether a browser brings the answer to a sign-in it began itself.

    Args:
        begun: what was begun under the state it shows.
        browser: digest of what it was given then.
        now: the time.
        issuer: whom the answer names; None if nobody (RFC 9207 section 2.4).
        of: who should have answered.
    """
    if begun is None or not timedelta() <= now - begun.at < BEGUN_FOR:
        return False
    is_named = issuer == of.issuer or (issuer is None and not of.names_itself)
    return is_named and hmac.compare_digest(begun.browser, browser)


def fault_of(claims: Mapping[str, object], expected: Expected, now: datetime) -> str:
    """Return the claim for which a token does not count; empty if it does.

    OpenID Connect Core 1.0 section 3.1.3.7, points 2 to 5 and 9 to 11.
    """
    subject, nonce = claims.get("sub"), claims.get("nonce")
    if claims.get("iss") != expected.issuer:
        return "iss"
    if not _is_for(claims, expected.client_id):
        return "aud"
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        return "nonce"
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        return "sub"
    return _fault_of_time(claims, expected.clock, now)


def _is_for(claims: Mapping[str, object], client_id: str) -> bool:
    audience = claims.get("aud")
    if audience == client_id:
        return claims.get("azp", client_id) == client_id
    if not isinstance(audience, list) or client_id not in audience:
        return False
    # One of several audiences: the token must say that it was made for us.
    authorized = claims.get("azp", client_id if len(audience) == 1 else None)
    return authorized == client_id


def _fault_of_time(
    claims: Mapping[str, object], clock: timedelta, now: datetime
) -> str:
    moment, slack = now.timestamp(), clock.total_seconds()
    expires, issued = _seconds(claims.get("exp")), _seconds(claims.get("iat"))
    if expires is None or moment >= expires + slack:
        return "exp"
    if issued is None or not -slack <= moment - issued <= _longest(slack):
        return "iat"
    if "nbf" in claims and not _has_begun(_seconds(claims["nbf"]), moment + slack):
        return "nbf"
    return ""


def _has_begun(begins: float | None, moment: float) -> bool:
    return begins is not None and begins <= moment


def _longest(slack: float) -> float:
    """A token is fetched at once: one made before the sign-in began is another's."""
    return BEGUN_FOR.total_seconds() + slack


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < 1 << 40 else None


def identity_in(claims: Mapping[str, object]) -> Identity:
    """Return whom a token names that counts."""
    return Identity(str(claims["iss"]), str(claims["sub"]))


def role_rule(text: str) -> RoleRule | None:
    """Return the rule ``VALUE=ROLE[@CODE]`` of the settings; None when it is none."""
    found = _RULE.fullmatch(text)
    role = _PEOPLE.get(found[2]) if found else None
    if found is None or role is None:
        return None
    agency = found[3]
    return RoleRule(found[1], role, agency) if agency or role in _OF_THE_HUB else None


def grants_in(
    value: object, rules: Iterable[RoleRule], at: datetime
) -> tuple[Grant, ...]:
    """Return the roles that the claim of roles gives; what no rule names gives none.

    Args:
        value: of the claim: one text, or several.
        rules: of our settings.
        at: the roles hold from now on.
    """
    named = [value] if isinstance(value, str) else value
    values = named if isinstance(named, list) else []
    return tuple(
        Grant(
            role=one.role,
            agency=OrganId(one.agency) if one.agency else None,
            valid_from=at,
        )
        for one in dict.fromkeys(rules)
        if one.value in values
    )
