"""How the hub is: its lists, its log, its room."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from exchange.domain.records import AuditLine
from exchange.services import Services
from exchange.storage.ports import AuditQuery
from exchange.usecases.traffic import HourOfTraffic
from schemas.merkle import frontier_coordinates, root_of
from schemas.vocabulary import AuditEvent

_SOON: Final = timedelta(hours=12)
_HOURS: Final = 24


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How fast storage fills.

    Args:
        stored: bytes that everything stored takes on disk.
        free: bytes left where the database is; None if that is not known.
        per_day: bytes of documents in the last 24 hours.
        before: the same of the 24 hours before.
    """

    stored: int
    free: int | None
    per_day: int
    before: int

    @property
    def days_left(self) -> int | None:
        """How long there is room at this pace; None if nobody can tell."""
        if self.free is None or not self.per_day:
            return None
        return self.free // self.per_day


async def growth(services: Services, hours: Sequence[HourOfTraffic]) -> Growth:
    """Return how fast storage fills.

    Args:
        services: what is needed.
        hours: the last 48, the oldest first.
    """
    sizes = [sum(one.size.values()) for one in hours]
    return Growth(
        stored=await services.storage.usage.room(),
        free=await services.storage.free_bytes(),
        per_day=sum(sizes[-_HOURS:]),
        before=sum(sizes[-2 * _HOURS : -_HOURS]),
    )


async def last_log_audit(services: Services) -> AuditLine | None:
    """Return what is on record of the last audit of the log (`lienthong log audit`)."""
    query = AuditQuery(event=AuditEvent.LOG_AUDITED, limit=1)
    found = await services.storage.audit.search(query)
    return found.lines[0] if found.lines else None


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
