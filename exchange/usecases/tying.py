"""Ties to earlier documents, for all who are parties of those by now."""

from collections.abc import Collection

from exchange.domain.links import Link
from exchange.domain.records import Envelope
from exchange.domain.relations import KnownDocument, tie
from exchange.services import Services
from exchange.usecases.directory import current_directory
from schemas.identifiers import OrganId
from schemas.vocabulary import LinkKind


async def tied(
    services: Services,
    kind: LinkKind,
    earlier: Envelope | KnownDocument,
    recipients: Collection[OrganId],
    *,
    only: Collection[OrganId] | None = None,
    also: Collection[OrganId] = (),
) -> Link:
    """Tie a document to an earlier one, whose recipients some became later.

    An update added them, or they succeeded a party of it.

    Args:
        services: where deliveries are; they alone tell of who was added.
        kind: what it is to the earlier one.
        earlier: the earlier one.
        recipients: of the later one.
        only: to whom the tie applies; None: to all of them.
        also: who becomes a party of the earlier one now.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    parties = {earlier.sender, *earlier.recipients, *also}
    others = set(recipients) - parties
    later = await _later_parties(services, earlier, parties, others)
    return tie(kind, earlier, recipients, only=only, also={*also, *later})


async def _later_parties(
    services: Services,
    earlier: Envelope | KnownDocument,
    parties: Collection[OrganId],
    others: Collection[OrganId],
) -> set[OrganId]:
    """Return those of `others` that were added, or stand for a party or one added."""
    if not others:
        return set()
    directory, now = await current_directory(services), services.now()
    standing_for = {one: {one, *directory.inherited(one, now)} for one in others}
    unknown = set[OrganId]().union(*standing_for.values()).difference(parties)
    store = services.storage.envelopes
    added = await store.deliveries(earlier.envelope_id, of=unknown)
    having = {*parties, *(one.recipient for one in added)}
    return {one for one, codes in standing_for.items() if not codes.isdisjoint(having)}
