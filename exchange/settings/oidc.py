"""Signing in by an identity provider."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from exchange.domain.federation import role_rule
from exchange.settings.hosts import is_loopback

_MOST_CLOCK_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """Signing in by an identity provider (OpenID Connect Core 1.0).

    Args:
        issuer: the provider, exactly as its tokens name it; without it nobody signs in
            so. Nothing but addresses on its host and port is asked.
        client_id: of the console at the provider.
        client_secret_file: file with the secret of the console there, readable by the
            service alone; without it the console is a public client.
        address: of the console as browsers reach it, ``https://HOST[:PORT]``; the
            provider sends people back to ``/sign-in/provider/back`` there.
        name: of the provider, on the page to sign in.
        authority: PEM certificates the provider's TLS is judged by; without it, those
            of the system.
        role_claim: claim of the provider's token that says what a person may do;
            without it roles are given here alone.
        roles: what its values mean: ``VALUE=ROLE[@CODE]``; others mean nothing.
        clock_seconds: how far the provider's clock may be off.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret_file: Path | None = None
    address: str = ""
    name: str = "OpenID Connect"
    authority: Path | None = None
    role_claim: str = ""
    roles: tuple[str, ...] = ()
    clock_seconds: float = 60.0


def contradictions_of_oidc(settings: OidcSettings) -> Iterator[str]:
    """Yield the keys that are wrong by themselves or contradict each other."""
    if not settings.issuer:
        return
    if not is_fit(settings.issuer):
        yield "oidc.issuer"
    if not is_fit(settings.address) or urlsplit(settings.address).path:
        yield "oidc.address"
    if not settings.client_id:
        yield "oidc.client_id"
    if bool(settings.role_claim) != bool(settings.roles):
        yield "oidc.roles" if settings.role_claim else "oidc.role_claim"
    if not all(map(role_rule, settings.roles)):
        yield "oidc.roles"
    if settings.clock_seconds > _MOST_CLOCK_SECONDS:
        yield "oidc.clock_seconds"


def is_fit(address: str) -> bool:
    """Tell whether an address may be asked: TLS, or this machine (tests)."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        is_plain = parts.port is None or parts.port > 0
    except ValueError:
        return False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    is_bare = not (parts.query or parts.fragment or parts.username or parts.password)
    return is_safe and is_plain and bool(host) and is_bare and " " not in address
