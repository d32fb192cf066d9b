"""Where webhooks may point: no private networks, odd ports, names or redirects.

What an endpoint is called is checked when it is registered; where its name leads is
checked each time, on the very address that is then connected to.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from exchange.domain.decisions import Refuse
from schemas.errors import ErrorCode

LONGEST_URL = 2000
MOST_OF_ONE_AGENCY = 10

_DEFAULT_PORTS = {"https": 443, "http": 80}
_CARRIERS_OF_IPV4 = (
    IPv6Network("64:ff9b::/96"),  # RFC 6052
    IPv6Network("64:ff9b:1::/48"),  # RFC 8215
    IPv6Network("2002::/16"),  # 6to4, RFC 3056
    IPv6Network("2001::/32"),  # Teredo, RFC 4380
)
"""IPv6 addresses behind which an IPv4 address of any kind may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPolicy:
    """Which endpoints may be called.

    Args:
        hosts: ``host`` or ``host:port`` of those that may be in private networks, and
            spoken to without TLS.
        ports: of all others.
    """

    hosts: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset({443})

    def lists(self, target: "Target") -> bool:
        """Tell whether a target is one of `hosts`."""
        return not self.hosts.isdisjoint({target.host, f"{target.host}:{target.port}"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An endpoint, taken apart."""

    url: str
    is_tls: bool
    host: str
    port: int


def read_target(url: str, policy: TargetPolicy) -> Target | Refuse:
    """Take a URL apart, if it is one that may be called."""
    parts = _parts(url)
    if parts is None or parts.hostname is None:
        return _refuse("url")
    if parts.username is not None or parts.password is not None:
        return _refuse("user")
    if parts.fragment:
        return _refuse("fragment")
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    is_tls = parts.scheme == "https"
    target = Target(url=url, is_tls=is_tls, host=parts.hostname, port=port)
    if not is_tls and not policy.lists(target):
        return _refuse("http")
    if port not in policy.ports and f"{target.host}:{port}" not in policy.hosts:
        return _refuse("port")
    return target


def may_connect(address: str, *, is_listed: bool) -> bool:
    """Tell whether an address that a host's name led to may be connected to."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if found.is_multicast or found.is_unspecified:
        return False
    return is_listed or _is_public(found)


def _is_public(found: IPv4Address | IPv6Address) -> bool:
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return _is_public(found.ipv4_mapped)
        if any(found in network for network in _CARRIERS_OF_IPV4):
            return False
    return found.is_global and not found.is_reserved


def _parts(url: str) -> SplitResult | None:
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable():
        return None
    if " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in _DEFAULT_PORTS and port != 0 else None


def _refuse(place: str) -> Refuse:
    return Refuse(ErrorCode.WEBHOOK_TARGET_REFUSED, place)
