"""Whether one name lies in one subtree, for each kind of name (RFC 5280 4.2.1.10).

Names and subtrees are brought to a comparable form once; comparing is then cheap. What
is malformed raises `ValueError`. Where a subtree is excluded the comparison is loose:
what might be meant by a name counts as meant.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import IPv4Network, IPv6Network
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PLAIN = re.compile(r"[!-~]+")
_MOST_CHARACTERS = 8192  # far above every upper bound of RFC 5280 appendix A.1

Comparable = Any
"""A name or subtree in the form of its kind; only functions of that kind read it."""


class Comparison(Enum):
    """How sure it must be that a subtree contains a name."""

    STRICT = auto()
    LOOSE = auto()


@dataclass(frozen=True, slots=True)
class NameKind:
    """How names of one kind are judged.

    Args:
        read_name: brings the value of a name to its comparable form.
        read_subtree: the same for the base of a subtree.
        covers: tells whether a subtree (first) contains a name.
    """

    read_name: Callable[[Any], Comparable]
    read_subtree: Callable[[Any], Comparable]
    covers: Callable[[Comparable, Comparable, Comparison], bool]


@dataclass(frozen=True, slots=True)
class _Hosts:
    """Hosts below a name, with or without the name itself; labels from the right."""

    labels: tuple[str, ...]
    itself: bool
    below: bool

    def cover(self, host: tuple[str, ...], *, loosely: bool = False) -> bool:
        """Tell whether `host` is one of them; a wildcard may stand for any label."""
        size = len(self.labels)
        pairs = zip(self.labels, host, strict=False)
        if len(host) < size or not all(
            own == other or (loosely and other == "*") for own, other in pairs
        ):
            return False
        return self.below if len(host) > size else self.itself


@dataclass(frozen=True, slots=True)
class _Mailboxes:
    """Mailboxes on some hosts, or the one of a local part."""

    local_part: str | None
    hosts: _Hosts


Rdn = frozenset[tuple[str, str | bytes]]


def _directory_name(name: x509.Name) -> tuple[Rdn, ...]:
    """Compare as RFC 5280 7.1 says: without case and repeated spaces."""
    return tuple(
        frozenset((one.oid.dotted_string, _folded(one.value)) for one in rdn)
        for rdn in name.rdns
    )


def _folded(value: str | bytes) -> str | bytes:
    if isinstance(value, bytes):
        return value
    if len(value) > _MOST_CHARACTERS:
        raise ValueError("attribute is too long")
    text = unicodedata.normalize("NFKC", value).casefold()
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _directory_covers(
    subtree: tuple[Rdn, ...], name: tuple[Rdn, ...], _comparison: Comparison
) -> bool:
    return name[: len(subtree)] == subtree


def _labels(host: str, *, wildcard: bool = False) -> tuple[str, ...]:
    labels = host.lower().split(".")
    first, rest = labels[0], labels[1:]
    is_wild = wildcard and first == "*" and bool(rest)
    if not all(map(_LABEL.fullmatch, rest if is_wild else labels)):
        raise ValueError("not a host name")
    return tuple(reversed(labels))


def _dns_name(value: str) -> tuple[str, ...]:
    return _labels(value.removesuffix("."), wildcard=True)


def _dns_subtree(value: str) -> _Hosts:
    """Read "host" with everything below it; a leading dot leaves the host out."""
    if not value:
        return _Hosts((), itself=True, below=True)
    labels = _labels(value.removeprefix("."))
    return _Hosts(labels, itself=not value.startswith("."), below=True)


def _hosts(value: str) -> _Hosts:
    """Read the host of mailboxes and URIs: one host, or with a dot all below it."""
    if not value:
        return _Hosts((), itself=True, below=True)
    below = value.startswith(".")
    return _Hosts(_labels(value.removeprefix(".")), itself=not below, below=below)


def _dns_covers(subtree: _Hosts, name: tuple[str, ...], comparison: Comparison) -> bool:
    loosely = comparison is Comparison.LOOSE
    if subtree.cover(name, loosely=loosely):
        return True
    # "*.example.vn" may stand for the excluded "a.example.vn" and for what is below.
    is_wild = loosely and name[-1] == "*"
    return is_wild and subtree.labels[: len(name) - 1] == name[:-1]


def _mailbox(value: str) -> tuple[str, tuple[str, ...]]:
    local_part, at, host = value.rpartition("@")
    if not (at and _PLAIN.fullmatch(local_part)):
        raise ValueError("not a mailbox")
    return local_part, _labels(host)


def _mail_subtree(value: str) -> _Mailboxes:
    if "@" not in value:
        return _Mailboxes(None, _hosts(value))
    local_part, labels = _mailbox(value)
    return _Mailboxes(local_part, _Hosts(labels, itself=True, below=False))


def _mail_covers(
    subtree: _Mailboxes, name: tuple[str, tuple[str, ...]], comparison: Comparison
) -> bool:
    local_part, host = name
    wanted = subtree.local_part
    if comparison is Comparison.LOOSE and wanted is not None:
        wanted, local_part = wanted.casefold(), local_part.casefold()
    return wanted in {None, local_part} and subtree.hosts.cover(host)


def _uri_host(value: str) -> tuple[str, ...]:
    """Return the host; a URI without one is refused under a constraint on URIs."""
    if not _PLAIN.fullmatch(value) or "\\" in value:
        raise ValueError("not a URI")
    labels = _labels((urlsplit(value).hostname or "").removesuffix("."))
    if labels[0].isdigit():
        raise ValueError("an address instead of a host name")
    return labels


def _address(value: Any) -> Any:
    if isinstance(value, IPv4Network | IPv6Network):
        raise ValueError("a network instead of an address")  # noqa: TRY004 -- hostile input, not a caller's mistake
    return value


def _network(value: Any) -> Any:
    if not isinstance(value, IPv4Network | IPv6Network):
        raise ValueError("an address instead of a network")  # noqa: TRY004 -- as above
    return value


NAME_KINDS: Mapping[type[x509.GeneralName], NameKind] = MappingProxyType(
    {
        x509.DirectoryName: NameKind(
            _directory_name, _directory_name, _directory_covers
        ),
        x509.DNSName: NameKind(_dns_name, _dns_subtree, _dns_covers),
        x509.RFC822Name: NameKind(_mailbox, _mail_subtree, _mail_covers),
        x509.UniformResourceIdentifier: NameKind(
            _uri_host, _hosts, lambda subtree, host, _: subtree.cover(host)
        ),
        x509.IPAddress: NameKind(
            _address, _network, lambda network, address, _: address in network
        ),
    }
)
