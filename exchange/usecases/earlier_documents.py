"""Finding the documents that a document concerns (Bussiness, ResponseFor)."""

from collections.abc import AsyncIterator, Iterable, Sequence

from exchange.domain.decisions import Refuse
from exchange.domain.directory import Directory
from exchange.domain.links import Link
from exchange.domain.recalls import RecallPlan, decide_recall, is_recallable
from exchange.domain.records import Envelope
from exchange.domain.relations import KnownDocument
from exchange.services import Services
from exchange.storage.ports import DocumentQuery
from exchange.usecases.tying import tied
from schemas.edxml.document import EdxmlDocument, ResponseFor
from schemas.errors import ErrorCode
from schemas.identifiers import DocumentId, OrganId
from schemas.vocabulary import LinkKind

_SENDINGS = 20
"""Times one document was sent that are looked at."""

Recalls = tuple[tuple[Envelope, RecallPlan], ...]


async def sent_as(
    services: Services, sender: OrganId, document_id: DocumentId | None
) -> list[Envelope]:
    """Return what a sender sent under an id and may ask back, oldest first."""
    if document_id is None:
        return []
    query = DocumentQuery(sender=sender, document_id=document_id)
    found = await services.storage.documents.sent_as(query, limit=_SENDINGS)
    return [one for one in found if is_recallable(one)]


async def duplicate_of(
    services: Services, sender: OrganId, document: EdxmlDocument
) -> KnownDocument | None:
    """Find the first new document under either name of this one.

    Decree 30/2020 Annex VI: the same id, or the same number, notation, issuer and year.
    """
    query = DocumentQuery(
        sender=sender,
        document_id=document.document_id,
        code=str(document.code) if document.code.number else "",
        year=document.promulgation.promulgation_date.year,
    )
    return await services.storage.documents.first_new(query)


async def recalls_of(
    services: Services, documents: Iterable[Envelope], recipients: Sequence[OrganId]
) -> Recalls | Refuse:
    """Ask every sending back from those of the recipients that have it."""
    recalls: list[tuple[Envelope, RecallPlan]] = []
    refusal, missing = Refuse(ErrorCode.NOT_A_RECIPIENT), dict.fromkeys(recipients)
    for one in documents:
        deliveries = await services.storage.envelopes.deliveries(one.envelope_id)
        for delivery in deliveries:
            missing.pop(delivery.recipient, None)
        plan = decide_recall(one, deliveries, recipients=set(recipients))
        if isinstance(plan, Refuse):
            refusal = plan
        else:
            recalls.append((one, plan))
    if missing:
        return Refuse(ErrorCode.NOT_A_RECIPIENT, next(iter(missing)))
    return tuple(recalls) if recalls or not recipients else refusal


async def answered(
    services: Services,
    directory: Directory,
    sender: OrganId,
    document: EdxmlDocument,
    recipients: Sequence[OrganId],
) -> AsyncIterator[Link]:
    """Yield a tie to each document answered, where the sender is a party of it."""
    for named in document.response_for:
        for one in reversed(await _named(services, directory, named)):
            if await _is_party(services, one, sender):
                yield await tied(services, LinkKind.ANSWERS, one, recipients)
                break


async def _named(
    services: Services, directory: Directory, named: ResponseFor
) -> Sequence[Envelope]:
    if named.organ_id is None:
        return ()
    agency = directory.agency(named.organ_id)
    promulgated = named.promulgation_date
    query = DocumentQuery(
        sender=agency.code if agency else named.organ_id,
        document_id=named.document_id,
        code="" if named.document_id else named.code,
        year=promulgated.year if promulgated else None,
    )
    return await services.storage.documents.sent_as(query, limit=_SENDINGS)


async def _is_party(services: Services, envelope: Envelope, agency: OrganId) -> bool:
    if agency == envelope.sender:
        return True
    store = services.storage.envelopes
    return await store.delivery(envelope.envelope_id, agency) is not None
