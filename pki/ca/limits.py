"""What issuing CAs may name: their name constraints (RFC 5280 4.2.1.10).

Every subject of ours begins with the country, so each issuing CA is held to it. People
and agencies have no hosts: their CAs may name none. The systems CA may be held to the
hosts of its operator.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from cryptography import x509
from cryptography.x509.oid import NameOID

from pki.ca.profiles import CertificateProfile
from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.names import COUNTRY
from schemas.errors import ErrorCode

_LONGEST_HOST = 253
_NO_HOST = x509.DNSName("")  # matches every name (CA/Browser Forum BR 7.1.2.5.2)
_NO_ADDRESS = (
    x509.IPAddress(IPv4Network("0.0.0.0/0")),
    x509.IPAddress(IPv6Network("::/0")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermittedHosts:
    """Hosts a systems CA may name; nothing at all: every host.

    Args:
        dns: domains; their subdomains with them.
        networks: addresses, as `10.0.0.0/8` or `fd00::/8`.
    """

    dns: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is limited."""
        return bool(self.dns or self.networks)


ANY_HOST = PermittedHosts()


def name_constraints(
    profile: CertificateProfile, hosts: PermittedHosts = ANY_HOST
) -> x509.NameConstraints | None:
    """Return what a new CA of this kind is held to; None for what is no issuing CA.

    Raises:
        PkiError: a host or network is malformed, or limits a CA that has none.
    """
    if not profile.is_ca or profile.kind is CertificateKind.ROOT:
        return None
    if profile.kind is not CertificateKind.ISSUING_SYSTEMS and hosts:
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="nameConstraints")
    try:
        permitted = [_country(), *_permitted(hosts)]
        excluded = list(_excluded(profile, hosts))
        return x509.NameConstraints(permitted, excluded or None)
    except ValueError as error:
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="nameConstraints") from error


def hosts_of(authority: x509.Certificate) -> PermittedHosts:
    """Read back which hosts a CA may name, for its next generation."""
    try:
        found = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return ANY_HOST
    names = found.permitted_subtrees or []
    return PermittedHosts(
        dns=tuple(one.value for one in names if isinstance(one, x509.DNSName)),
        networks=tuple(str(one.value) for one in names if _is_network(one)),
    )


def may_name_host(authority: x509.Certificate, host: str) -> bool:
    """Tell whether the constraints of a CA let it certify a host name."""
    try:
        found = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return True
    permitted = [*_domains(found.permitted_subtrees)]
    excluded = _domains(found.excluded_subtrees)
    is_permitted = not permitted or any(_covers(one, host) for one in permitted)
    return is_permitted and not any(_covers(one, host) for one in excluded)


def _domains(subtrees: Iterable[x509.GeneralName] | None) -> Iterator[str]:
    return (one.value for one in subtrees or () if isinstance(one, x509.DNSName))


def _covers(domain: str, host: str) -> bool:
    """Tell whether a domain is the host or above it; the empty one is above all."""
    below = not domain or host.lower().endswith(f".{domain.lower()}")
    return below or host.lower() == domain.lower()


def _is_network(name: x509.GeneralName) -> bool:
    return isinstance(name, x509.IPAddress)


def _country() -> x509.DirectoryName:
    attribute = x509.NameAttribute(NameOID.COUNTRY_NAME, COUNTRY)
    return x509.DirectoryName(x509.Name([attribute]))


def _permitted(hosts: PermittedHosts) -> Iterator[x509.GeneralName]:
    for one in hosts.dns:
        if not one.isascii() or not 0 < len(one) <= _LONGEST_HOST or one[0] in ".*":
            raise ValueError
        yield x509.DNSName(one)
    for network in hosts.networks:
        yield x509.IPAddress(ip_network(network))


def _excluded(
    profile: CertificateProfile, hosts: PermittedHosts
) -> Iterator[x509.GeneralName]:
    """Yield what may never be named; one kind of host alone excludes the other."""
    named = profile.kind is CertificateKind.ISSUING_SYSTEMS
    if not named or (hosts and not hosts.dns):
        yield _NO_HOST
    if not named or (hosts and not hosts.networks):
        yield from _NO_ADDRESS
