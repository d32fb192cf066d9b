"""Where an envelope is: its deliveries and the steps on record."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from exchange.domain.access import View, view_of
from exchange.domain.links import Link
from exchange.domain.records import Delivery, Envelope, StoredReceipt
from exchange.services import Caller, Services
from exchange.usecases.stated import why_stopped
from exchange.usecases.viewing import find_envelope
from schemas.identifiers import EnvelopeId, OrganId
from schemas.receipt import StepReceipt

_MOST_LATER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEnvelope:
    """A question about one envelope; `agency` narrows it to one of the caller's."""

    caller: Caller
    envelope_id: EnvelopeId
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """A later envelope and what it is to this one."""

    envelope: Envelope
    link: Link


@dataclass(frozen=True, slots=True)
class Trace:
    """What the caller may know of an envelope.

    Args:
        links: its ties to earlier envelopes.
        later: later envelopes that have ties to it.
        stated: by key, what the receipts say that hold or quarantine it.
    """

    envelope: Envelope
    deliveries: tuple[Delivery, ...]
    receipts: tuple[StoredReceipt, ...]
    links: tuple[Link, ...] = ()
    later: tuple[Later, ...] = ()
    stated: Mapping[str, StepReceipt] = field(default_factory=dict)


async def trace_envelope(services: Services, command: TraceEnvelope) -> Trace:
    """Return the states and steps this caller may see.

    Raises:
        ExchangeError: there is no such envelope for this caller.
    """
    found = await find_envelope(
        services, command.caller, command.envelope_id, agency=command.agency
    )
    receipts = await services.storage.envelopes.receipts(command.envelope_id)
    later = await services.storage.documents.linked_to(
        command.envelope_id, shown_to=found.agencies, limit=_MOST_LATER
    )
    shown = found.view.receipts(receipts)
    return Trace(
        found.envelope,
        found.deliveries,
        shown,
        links_shown(found.envelope, found.view),
        tuple(_later(command.envelope_id, later, found.agencies)),
        why_stopped(shown),
    )


def links_shown(envelope: Envelope, view: View) -> tuple[Link, ...]:
    """Return the ties that a viewer may see."""
    return envelope.links if view.sees_all else envelope.links_shown_to(view.own)


def _later(
    envelope_id: EnvelopeId, later: Sequence[Envelope], agencies: Collection[OrganId]
) -> Iterator[Later]:
    """Yield what is tied to an envelope, where the caller is a party of both."""
    for one in later:
        view = view_of(one, agencies)
        for link in links_shown(one, view) if view else ():
            if link.envelope_id == envelope_id:
                yield Later(one, link)
