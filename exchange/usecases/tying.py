"""Ties to earlier documents, for all who are parties of those by now."""

from collections.abc import Collection

from exchange.domain.links import Link
from exchange.domain.records import Envelope
from exchange.domain.relations import KnownDocument, tie
from exchange.services import Services
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
    """Tie a document to an earlier one, whose recipients some became by an update.

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
    others, store = set(recipients) - parties, services.storage.envelopes
    added = await store.deliveries(earlier.envelope_id, of=others) if others else ()
    also = {*also, *(one.recipient for one in added)}
    return tie(kind, earlier, recipients, only=only, also=also)
