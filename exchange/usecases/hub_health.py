"""How the hub is: its lists, its log, its room."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from exchange.services import Services
from schemas.merkle import frontier_coordinates, root_of

_SOON: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedList:
    """A revocation list the hub judges by.

    Args:
        issuer: common name of the CA.
        next_update: when a newer one must be there; None if it does not say.
        mood: ``good``, ``unsure`` (ends soon) or ``bad`` (has ended).
    """

    issuer: str
    this_update: datetime
    next_update: datetime | None
    mood: str


@dataclass(frozen=True, slots=True)
class LogHead:
    """The log as it is now.

    Args:
        size: entries.
        root_hash: of the tree over them, in hexadecimal.
    """

    size: int
    root_hash: str


def followed_lists(services: Services) -> tuple[FollowedList, ...]:
    """Return the newest list of every CA, what ends first at first."""
    lists = map(x509.load_der_x509_crl, services.trust.material.crls)
    newest: dict[x509.Name, x509.CertificateRevocationList] = {}
    for one in lists:
        known = newest.get(one.issuer)
        if known is None or known.last_update_utc < one.last_update_utc:
            newest[one.issuer] = one
    return tuple(_ordered(_told(one, services.now()) for one in newest.values()))


async def log_head(services: Services) -> LogHead:
    """Return the log's size and root hash."""
    size = await services.storage.log.size()
    nodes = await services.storage.log.nodes(frozenset(frontier_coordinates(size)))
    root_hash = root_of(size, lambda level, index: nodes[level, index])
    return LogHead(size, root_hash.hex())


def _told(one: x509.CertificateRevocationList, now: datetime) -> FollowedList:
    names = one.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return FollowedList(
        issuer=str(names[0].value) if names else one.issuer.rfc4514_string(),
        this_update=one.last_update_utc,
        next_update=one.next_update_utc,
        mood=_mood(one.next_update_utc, now),
    )


def _mood(ends: datetime | None, now: datetime) -> str:
    if ends is None or ends - now > _SOON:
        return "good"
    return "unsure" if ends > now else "bad"


def _ordered(lists: Iterable[FollowedList]) -> list[FollowedList]:
    return sorted(
        lists, key=lambda one: (one.next_update or one.this_update, one.issuer)
    )
