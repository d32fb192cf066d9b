"""Where each of many envelopes stands: its id, its time, its parties, its state."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from exchange.domain.directory import Directory
from exchange.domain.parties import Agency
from exchange.domain.stuck import first_id_of
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import DeliveryState, Level
from tests.support.pki import NOW
from tests.support.world import AGENCIES, COMMUNE, PROVINCE, agency

_BETWEEN: Final = timedelta(seconds=10)
_OTHERS: Final = 3_000
_STATES: Final = (
    *((DeliveryState.ACKNOWLEDGED,) * 950),
    *((DeliveryState.AVAILABLE,) * 30),
    *((DeliveryState.FAILED,) * 10),
    *((DeliveryState.DEAD_LETTER,) * 5),
    *((DeliveryState.HELD,) * 5),
)
"""Of a thousand deliveries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One envelope among many.

    Args:
        place: from 0.
        envelope_id: in the order of the places.
        accepted_at: ten seconds after the one before.
    """

    place: int
    envelope_id: EnvelopeId
    accepted_at: datetime
    sender: OrganId
    recipient: OrganId

    @property
    def state(self) -> DeliveryState:
        """A number prime to a thousand scatters the states."""
        return _STATES[self.place * 997 % 1_000]


def accepted_at(place: int, number: int) -> datetime:
    """Return when an envelope was accepted, by its place among so many, from 0."""
    return NOW - (number - place) * _BETWEEN


def id_at(place: int, number: int) -> EnvelopeId:
    """Return the id of an envelope by its place among so many, from 0."""
    return place_at(place, number).envelope_id


def place_at(place: int, number: int) -> Place:
    """Return one envelope of so many."""
    moment = accepted_at(place, number)
    sender, recipient = _parties(place)
    return Place(
        place=place,
        envelope_id=EnvelopeId(f"{first_id_of(moment)[:10]}{place:016d}"),
        accepted_at=moment,
        sender=sender,
        recipient=recipient,
    )


def parties() -> tuple[OrganId, ...]:
    """Return the agencies that write to each other, but for the two."""
    return tuple(OrganId(f"H98.{number + 100}") for number in range(_OTHERS))


def communes(codes: Iterable[OrganId]) -> tuple[Agency, ...]:
    """Return agencies as communes of the province."""
    return tuple(
        agency(code, f"UBND xã {code[4:]}", Level.COMMUNE, PROVINCE) for code in codes
    )


def tree() -> Directory:
    """Return the directory by which everything was counted."""
    return Directory.of((*AGENCIES, *communes(parties())), version=0)


def _parties(place: int) -> tuple[OrganId, OrganId]:
    """Every tenth is from the commune to its province: both have long lists."""
    if place % 10 == 0:
        return COMMUNE, PROVINCE
    sender, recipient = place % _OTHERS, (place * 7 + 1) % _OTHERS
    return OrganId(f"H98.{sender + 100}"), OrganId(f"H98.{recipient + 100}")
