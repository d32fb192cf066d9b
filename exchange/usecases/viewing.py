"""Finding an envelope for a caller; what it may not see does not exist for it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from exchange.domain.access import View, view_of
from exchange.domain.directory import Directory
from exchange.domain.overseeing import common_superiors
from exchange.domain.records import Delivery, Envelope
from exchange.domain.roles import WITHOUT_PAYLOAD
from exchange.domain.steps import is_readable
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.directory import current_directory
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId, parse_organ_id
from schemas.timestamps import format_utc


@dataclass(frozen=True, slots=True)
class Shown:
    """An envelope that a caller may know of.

    Args:
        agencies: for which it looks, by the directory's own codes.
    """

    envelope: Envelope
    agencies: frozenset[OrganId]


@dataclass(frozen=True, slots=True)
class Viewed:
    """An envelope as one caller sees it.

    Args:
        deliveries: those the caller may see, at least its own.
        agencies: for which it looks, by the directory's own codes.
    """

    envelope: Envelope
    view: View
    deliveries: tuple[Delivery, ...]
    agencies: frozenset[OrganId]


async def agencies_of(
    services: Services, caller: Caller, written: str | None
) -> frozenset[OrganId]:
    """Return the agencies a call is made for, by the directory's own codes.

    Who succeeded a closed agency acts for it as well.

    Raises:
        IdentifierError: `written` is no agency code.
        ExchangeError: the caller does not act for it (AGENCY_NOT_ACTED_FOR).
    """
    directory = await current_directory(services)
    return _agencies_in(directory, caller, written, services.now())


def _agencies_in(
    directory: Directory, caller: Caller, written: str | None, now: datetime
) -> frozenset[OrganId]:
    reached = directory.with_inherited(caller.acting_as(None, now), now)
    if written is None:
        return reached
    code = parse_organ_id(written)
    agency = directory.agency(code)
    named = agency.code if agency else code
    if named in reached:
        return frozenset({named})
    return caller.acting_as(named, now)


async def find_shown(
    services: Services,
    caller: Caller,
    envelope_id: EnvelopeId,
    *,
    agency: str | None = None,
) -> Shown:
    """Find an envelope that a caller may know of, looking no further than that takes.

    Whether its body went is not known.

    Raises:
        ExchangeError: as `find_envelope`.
    """
    look = await _look(services, caller, envelope_id, agency, may_be_known=True)
    if look.agencies.isdisjoint((look.envelope.sender, *look.envelope.recipients)):
        await _own(services, look)
    return Shown(look.envelope, look.agencies)


async def find_own(
    services: Services,
    caller: Caller,
    envelope_id: EnvelopeId,
    *,
    agency: str | None = None,
) -> Viewed:
    """Find an envelope with the deliveries of the caller's own agencies alone.

    Of a party of it the view does not say whether it oversees the others, and the
    envelope not whether its body went.

    Raises:
        ExchangeError: as `find_envelope`.
    """
    look = await _look(services, caller, envelope_id, agency, may_be_known=True)
    return await _own(services, look)


async def find_envelope(
    services: Services,
    caller: Caller,
    envelope_id: EnvelopeId,
    *,
    agency: str | None = None,
) -> Viewed:
    """Find an envelope for a caller, acting for one agency or all of its own.

    It is shown to its parties, to those above all of them, and to auditors; the view
    says how much of it (invariant 11).

    Raises:
        ExchangeError: there is none, or it is not the caller's
            (ENVELOPE_NOT_FOUND).
    """
    look = await _look(services, caller, envelope_id, agency)
    found = await _own(services, look)
    # Whoever sees all of it anyway need not be looked up in the tree.
    if found.view.sees_all:
        deliveries = await services.storage.envelopes.deliveries(envelope_id)
        return replace(found, deliveries=tuple(deliveries))
    overseen = await _overseen(services, look)
    if overseen is None:
        return found
    view = replace(found.view, oversees=True)
    return replace(found, view=view, deliveries=tuple(overseen))


async def find_readable(
    services: Services,
    caller: Caller,
    envelope_id: EnvelopeId,
    *,
    agency: str | None = None,
) -> Viewed:
    """Find an envelope whose payload is handed to the caller now.

    With the deliveries of the caller's own agencies alone, as `find_own` does.
    That it was opened is noted first: a recall tells whether a document was.

    Raises:
        ExchangeError: as `find_envelope`, or the caller only oversees it
            (PAYLOAD_NOT_ALLOWED), its body was purged (PAYLOAD_PURGED), its delivery is
            not open to reading (STEP_NOT_ALLOWED, the state is named), or its sender
            asks it back (DOCUMENT_RECALLED, the request is named).
    """
    # As it is now: its body may have gone meanwhile.
    found = await _own(services, await _look(services, caller, envelope_id, agency))
    await open_payload(services, found)
    return found


async def open_payload(services: Services, found: Viewed) -> None:
    """Note that the payload is handed out now.

    Raises:
        ExchangeError: it may not be, as `find_readable` says.
    """
    envelope = found.envelope
    if not found.view.is_party:
        raise ExchangeError(ErrorCode.PAYLOAD_NOT_ALLOWED, place=envelope.envelope_id)
    if envelope.purged_at is not None:
        place = format_utc(envelope.purged_at)
        raise ExchangeError(ErrorCode.PAYLOAD_PURGED, place=place)
    if not found.view.may_read(found.deliveries):
        raise _closed(found)
    await _note_opening(services, found)


@dataclass(frozen=True, slots=True)
class _Look:
    """An envelope that somebody looks for, before it is known whether they may."""

    caller: Caller
    at: datetime
    directory: Directory
    agencies: frozenset[OrganId]
    envelope: Envelope

    def above(
        self, parties: Iterable[OrganId], agencies: Collection[OrganId]
    ) -> frozenset[OrganId]:
        """Return those of some agencies that are above all of some parties now."""
        return common_superiors(self.directory, agencies, parties, at=self.at)


async def _look(
    services: Services,
    caller: Caller,
    envelope_id: EnvelopeId,
    agency: str | None,
    *,
    may_be_known: bool = False,
) -> _Look:
    directory, store = await current_directory(services), services.storage.envelopes
    now = services.now()
    agencies = _agencies_in(directory, caller, agency, now)
    find = store.known_envelope if may_be_known else store.envelope
    envelope = await find(envelope_id)
    if envelope is None:
        raise ExchangeError(ErrorCode.ENVELOPE_NOT_FOUND, place=envelope_id)
    return _Look(caller, now, directory, agencies, envelope)


async def _own(services: Services, look: _Look) -> Viewed:
    """Look at the caller's own deliveries: one of thousands must not cost as all do."""
    envelope, agencies, store = look.envelope, look.agencies, services.storage.envelopes
    deliveries = await store.deliveries(envelope.envelope_id, of=agencies)
    view = view_of(envelope, agencies, deliveries) or View(
        is_sender=False, own=frozenset()
    )
    if look.caller.role in WITHOUT_PAYLOAD:
        view = replace(view, is_reader=False)
    if not view.is_sender and not view.own:
        # An auditor's look need not cost as all of thousands do.
        if not look.caller.audits_all and await _overseen(services, look) is None:
            place = envelope.envelope_id
            raise ExchangeError(ErrorCode.ENVELOPE_NOT_FOUND, place=place)
        view = replace(view, oversees=True)
    return Viewed(envelope, view, tuple(deliveries), agencies)


async def _overseen(services: Services, look: _Look) -> Sequence[Delivery] | None:
    """Return all deliveries, if they are shown to the caller, whose they need not be.

    Who is above sender and recipients must be above those that were added, too; of
    them the deliveries alone tell.
    """
    envelope, audits_all = look.envelope, look.caller.audits_all
    above = look.above((envelope.sender, *envelope.recipients), look.agencies)
    if not above and not audits_all:
        return None
    deliveries = await services.storage.envelopes.deliveries(envelope.envelope_id)
    added = {one.recipient for one in deliveries}.difference(envelope.recipients)
    return deliveries if audits_all or look.above(added, above) else None


async def _note_opening(services: Services, found: Viewed) -> None:
    own = [
        one
        for one in found.deliveries
        if one.recipient in found.view.own and is_readable(one)
    ]
    unopened = [one.recipient for one in own if not one.opened]
    if not unopened:
        return
    envelope_id = found.envelope.envelope_id
    is_open = await services.storage.documents.open_payload(envelope_id, unopened)
    may_read_anyway = found.view.is_sender or len(unopened) < len(own)
    if not is_open and not may_read_anyway:
        # It was recalled between the look and the note.
        raise ExchangeError(ErrorCode.DOCUMENT_RECALLED, place=envelope_id)


def _closed(found: Viewed) -> ExchangeError:
    own = [one for one in found.deliveries if one.recipient in found.view.own]
    for one in own:
        if one.recall is not None and one.recall.blocks_reading:
            return ExchangeError(ErrorCode.DOCUMENT_RECALLED, place=one.recall.request)
    states = ", ".join(sorted({one.state for one in own}))
    return ExchangeError(ErrorCode.STEP_NOT_ALLOWED, place=states)
