"""Fetching what is said about a certificate now, from hosts that were named.

A certificate's own addresses are used only where their host is on the list: it may come
from the file being extended, and must not choose whom this machine connects to.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from cryptography import x509

from pki.certificates import read_certificate
from pki.errors import PkiError
from pki.http_fetch import PORTS, HttpFetcher, Question, read_address
from pki.names import UNREADABLE_CERTIFICATE
from pki.ocsp.client import ask_responder, is_prepared, responder_addresses
from pki.revocation.lists import read_revocation_list
from schemas.errors import ErrorCode

LIST_BYTES = 64 * 1024 * 1024
"""Largest list fetched: a million entries have about 40 MiB."""

_LISTS = ("application/pkix-crl", "application/octet-stream", "application/x-pkcs7-crl")
_MOST_ADDRESSES = 4
_MOST_LISTS = 64
_KEPT = timedelta(minutes=1)

Fetched = tuple[tuple[bytes, ...], tuple[bytes, ...]]
"""Revocation lists and OCSP answers."""


def _now() -> datetime:
    return datetime.now(UTC)


class RevocationClient:
    """Asks over OCSP, else fetches the list; blocking, threads may share it.

    Args:
        hosts: that may be asked, as ``host`` for the usual port or ``host:port``.
        fetcher: carries the requests.
        clock: gives the time.

    Raises:
        PkiError: a host is none (CONFIGURATION_INVALID).
    """

    def __init__(
        self,
        hosts: Iterable[str],
        fetcher: HttpFetcher,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._hosts = frozenset(map(_named, hosts))
        self._fetcher = fetcher
        self._clock = clock
        self._lists: dict[str, tuple[datetime, bytes]] = {}

    def fetch(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Fetched:
        """Return what is said about a certificate; nothing if nobody answers.

        What comes back names the certificate or its issuer, and is signed by whom it
        must be; whether it is new enough is for the caller to judge.
        """
        answer = self._answer(certificate, issuer)
        if answer is not None and not is_prepared(answer):
            return (), (answer,)
        # An answer from stock may be older than the list.
        found = self._list(certificate, issuer)
        return ((found,) if found else ()), ((answer,) if answer else ())

    def _answer(
        self, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> bytes | None:
        for address in self._allowed(
            responder_addresses(read_certificate(certificate))
        ):
            try:
                return ask_responder(self._fetcher, address, certificate, issuer)
            except (PkiError, OSError):
                continue
        return None

    def _list(
        self, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> bytes | None:
        for address in self._allowed(_list_addresses(certificate)):
            try:
                found = self._kept_or_fetched(address)
                if read_revocation_list(found).is_signed_by(read_certificate(issuer)):
                    return found
            except (PkiError, OSError):
                continue
        return None

    def _kept_or_fetched(self, address: str) -> bytes:
        now = self._clock()
        kept = self._lists.get(address)
        if kept is not None and now - kept[0] < _KEPT:
            return kept[1]
        server = read_address(address)
        if server is None:
            raise PermissionError
        question = Question(
            server=server, takes=_LISTS, limit=LIST_BYTES, name="revocation list"
        )
        found = self._fetcher.ask(question)
        if len(self._lists) >= _MOST_LISTS:
            self._lists.clear()
        self._lists[address] = (now, found)
        return found

    def _allowed(self, addresses: Iterable[str]) -> list[str]:
        return [one for one in addresses if self._is_allowed(one)][:_MOST_ADDRESSES]

    def _is_allowed(self, address: str) -> bool:
        parts = read_address(address)
        if parts is None:
            return False
        usual = PORTS[parts.scheme]
        port = parts.port or usual
        host = parts.hostname or ""
        named = {(host, port), (host, None)} if port == usual else {(host, port)}
        return not named.isdisjoint(self._hosts)


def _named(written: str) -> tuple[str, int | None]:
    """Read a host as addresses are read: without capitals, IPv6 without brackets.

    Raises:
        PkiError: it is none (CONFIGURATION_INVALID).
    """
    parts = read_address(f"http://{written}/")
    if parts is None or parts.netloc != written:
        raise PkiError(ErrorCode.CONFIGURATION_INVALID, place="hosts")
    return parts.hostname or "", parts.port


def _list_addresses(certificate: x509.Certificate) -> Iterator[str]:
    """Yield where a certificate says that its list is (RFC 5280 4.2.1.13)."""
    try:
        points = certificate.extensions.get_extension_for_class(
            x509.CRLDistributionPoints
        ).value
    except (x509.ExtensionNotFound, *UNREADABLE_CERTIFICATE):
        return
    for point in points:
        for one in point.full_name or ():
            if isinstance(one, x509.UniformResourceIdentifier):
                yield one.value
