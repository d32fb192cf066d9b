"""Client certificates that a proxy passes on, for it ended their TLS (RFC 9440).

Invariants:
    - The header counts over the Unix socket and from pinned addresses; from anybody
      else it is refused, so that a proxy that forgets to remove it is noticed.
    - On a proxy's connection the header alone counts: a certificate of the proxy
      itself would make it everybody who has none.
    - One header, one byte sequence, nothing around it (RFC 8941 3.3.5).
"""

import re
from asyncio import Transport
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import AF_UNIX
from weakref import WeakKeyDictionary

from aiohttp import web
from cryptography import x509

from exchange.errors import ExchangeError
from exchange.settings.server import ServerSettings
from pki.names import UNREADABLE_CERTIFICATE
from schemas.errors import ErrorCode

HEADER = "Client-Cert"
CHAIN_HEADER = "Client-Cert-Chain"

_LONGEST = 8190
"""Characters of the header: about 6 KB of certificate."""
_BYTE_SEQUENCE = re.compile(r":([A-Za-z0-9+/]+={0,2}):")

_Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Proxies:
    """Who may pass certificates on, besides whoever has the Unix socket."""

    addresses: frozenset[_Address] = frozenset()


NOBODY = Proxies()


@dataclass(frozen=True, slots=True)
class _Connection:
    """Whether it passes certificates on, and its own one, DER."""

    is_proxy: bool
    certificate: bytes | None


_GONE = _Connection(is_proxy=False, certificate=None)


def proxies_of(settings: ServerSettings) -> Proxies:
    """Read who may pass certificates on.

    Raises:
        ExchangeError: a text is no address, or there are several processes and one
            socket (CONFIGURATION_INVALID).
    """
    if settings.proxy_socket is not None and settings.http_workers > 1:
        raise _misconfigured("server.proxy_socket")
    try:
        addresses = map(ip_address, settings.proxy_addresses)
        return Proxies(frozenset(_plain(one) for one in addresses))
    except ValueError as error:
        raise _misconfigured("server.proxy_addresses") from error


def connection_certificate(request: web.Request) -> bytes | None:
    """Return the certificate of the connection, DER; None without one."""
    transport = request.transport
    tls = transport.get_extra_info("ssl_object") if transport else None
    der: bytes | None = tls.getpeercert(binary_form=True) if tls else None
    return der


class Connections:
    """What is known of each connection, for it does not change while that lives.

    Certificates are asked for once, in the handshake: the server renegotiates nothing.

    Args:
        proxies: who may pass certificates on.
    """

    def __init__(self, proxies: Proxies) -> None:
        self._proxies = proxies
        self._known: WeakKeyDictionary[Transport, _Connection] = WeakKeyDictionary()

    def shown_certificate(self, request: web.Request) -> bytes | None:
        """Return the certificate of whoever calls, DER; None without one.

        Raises:
            ExchangeError: a header that does not count, or is not as it has to be
                (CLIENT_CERTIFICATE_HEADER_REFUSED).
        """
        passed = request.headers.getall(HEADER, [])
        connection = self._of(request)
        if connection.is_proxy:
            return read_header(passed)
        if passed or CHAIN_HEADER in request.headers:
            raise _refused()
        return connection.certificate

    def _of(self, request: web.Request) -> _Connection:
        transport = request.transport
        if transport is None:
            return _GONE
        known = self._known.get(transport)
        if known is None:
            is_proxy = _is_proxy(transport, self._proxies)
            known = _Connection(is_proxy, connection_certificate(request))
            self._known[transport] = known
        return known


def _is_proxy(transport: Transport, proxies: Proxies) -> bool:
    """Tell whether a connection is one of those that pass certificates on."""
    connected = transport.get_extra_info("socket")
    if connected is not None and connected.family == AF_UNIX:
        return True
    peer = transport.get_extra_info("peername")
    if not peer or not proxies.addresses:
        return False
    return _plain(ip_address(peer[0])) in proxies.addresses


def read_header(values: Sequence[str]) -> bytes | None:
    """Return the certificate in the headers of one request; None without any.

    Raises:
        ExchangeError: several, too long, not one byte sequence in its only spelling,
            or no certificate (CLIENT_CERTIFICATE_HEADER_REFUSED).
    """
    if not values:
        return None
    if len(values) > 1 or len(values[0]) > _LONGEST:
        raise _refused()
    found = _BYTE_SEQUENCE.fullmatch(values[0])
    if found is None:
        raise _refused()
    text = found.group(1)
    try:
        der = b64decode(text, validate=True)
        x509.load_der_x509_certificate(der)
    except (Base64Error, *UNREADABLE_CERTIFICATE) as error:
        raise _refused() from error
    if b64encode(der).decode() != text:
        raise _refused()
    return der


def _plain(address: _Address) -> _Address:
    """Return the IPv4 address in an IPv6 one that only carries it."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _refused() -> ExchangeError:
    return ExchangeError(ErrorCode.CLIENT_CERTIFICATE_HEADER_REFUSED, place=HEADER)


def _misconfigured(key: str) -> ExchangeError:
    return ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=key)
