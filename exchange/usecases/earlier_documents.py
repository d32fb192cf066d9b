"""Finding the documents that a document concerns (Bussiness, ResponseFor)."""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from exchange.domain.addressing import Addressee, find_addressee, is_group
from exchange.domain.decisions import Refuse
from exchange.domain.directory import Directory
from exchange.domain.intake import Accept
from exchange.domain.links import Link
from exchange.domain.recalls import (
    Named,
    RecallPlan,
    decide_recall,
    holders,
    meant_by_id,
)
from exchange.domain.records import Envelope
from exchange.domain.relations import KnownDocument
from exchange.services import Services
from exchange.storage.ports import DocumentQuery
from exchange.usecases.directory import current_directory
from exchange.usecases.recodes import former_codes
from exchange.usecases.tying import tied
from schemas.edxml.document import EdxmlDocument, ResponseFor
from schemas.errors import ErrorCode
from schemas.identifiers import DocumentId, OrganId
from schemas.vocabulary import BusinessType, LinkKind

_SENDINGS = 20
"""Times one document was sent that are looked at, whomever they reached."""

MOST_SENDINGS = 200
"""Times it was sent that one request may be about, each to somebody it concerns.

Systems in the field send one envelope for each recipient, under one id.
"""

Recalls = tuple[tuple[Envelope, RecallPlan], ...]


async def sent_as(
    services: Services,
    sender: OrganId,
    document_id: DocumentId | None,
    concerned: Collection[OrganId],
    *,
    most: int = MOST_SENDINGS,
) -> list[Envelope]:
    """Return what a sender sent under an id and may ask back, oldest first.

    The first sendings, and all that reached somebody who is concerned. If it sent none,
    what an agency did that it succeeded; of several the first by code. To update what a
    closed agency sent is to send none.

    Args:
        services: where documents are.
        sender: whose.
        document_id: as it is named.
        concerned: recipients, in whose stead others may have got it.
        most: how many are asked for; one more is found where there are more.
    """
    if document_id is None:
        return []
    wanted = _Wanted(document_id, concerned, most)
    sent = await _recallable(services, sender, wanted)
    if all(one.business_type is BusinessType.UPDATE for one in sent):
        directory = await current_directory(services)
        for one in sorted(directory.inherited(sender, services.now())):
            sent += await _recallable(services, one, wanted)
    return meant_by_id(sent)


async def duplicate_of(
    services: Services, sender: OrganId, document: EdxmlDocument
) -> KnownDocument | None:
    """Find the first new document under either name of this one.

    Decree 30/2020 Annex VI: the same id, or the same number, notation, issuer and year.
    After a recode the issuer is the same; after a merger its numbers begin anew.
    """
    directory = await current_directory(services)
    query = DocumentQuery(
        sender=sender,
        document_id=document.document_id,
        code=str(document.code) if document.code.number else "",
        year=document.promulgation.promulgation_date.year,
    )
    for code in (*await former_codes(services, directory, sender), sender):
        asking = replace(query, sender=code)
        if found := await services.storage.documents.first_new(asking):
            return found
    return None


def asked(directory: Directory, accept: Accept, at: datetime) -> Iterator[Named]:
    """Yield whom a document asks, and for whom those answer."""
    redirected = {one.code: one for one in accept.redirected}
    for code in accept.addressed:
        addressee = redirected.get(code, Addressee(code, directory.agency(code)))
        yield named_by(directory, addressee, at)


def one_by_one(directory: Directory, written: Iterable[OrganId]) -> frozenset[OrganId]:
    """Return the codes of those that a document names beside its groups."""
    single = (one for one in written if not is_group(directory, one))
    return frozenset(find_addressee(directory, one).code for one in single)


def named_by(directory: Directory, addressee: Addressee, at: datetime) -> Named:
    """Return whom a request names, and for whom that one answers."""
    return Named(
        addressee.code,
        succeeded=directory.inherited(addressee.code, at),
        led_to=tuple(one.successor.code for one in addressee.successions),
    )


async def recalls_of(
    services: Services,
    documents: Iterable[Envelope],
    recipients: Sequence[Named],
    *,
    required: Collection[OrganId],
) -> Recalls | Refuse:
    """Ask every sending back from those of the recipients that have it.

    Who is named by a group may have come to it later; those of the recipients that are
    `required` must have had it.
    """
    recalls: list[tuple[Envelope, RecallPlan]] = []
    every = [one.code for one in recipients]
    refusal = Refuse(ErrorCode.NOT_A_RECIPIENT, *every[:1])
    missing = dict.fromkeys(one for one in every if one in required)
    for one in documents:
        deliveries = await services.storage.envelopes.deliveries(one.envelope_id)
        held = holders(deliveries, recipients)
        for code in held:
            missing.pop(code, None)
        concerned = frozenset[OrganId]().union(*held.values())
        if not concerned:
            continue
        plan = decide_recall(one, deliveries, recipients=concerned)
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
    now = services.now()
    own = {sender, *directory.inherited(sender, now)}
    for named in document.response_for:
        for one in reversed(await _named(services, directory, named, own)):
            if await _is_party(services, one, own):
                yield await tied(services, LinkKind.ANSWERS, one, recipients)
                break


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which sendings of a document are looked for; the arguments of `sent_as`."""

    document_id: DocumentId
    concerned: Collection[OrganId]
    most: int


async def _recallable(
    services: Services, sender: OrganId, wanted: _Wanted
) -> list[Envelope]:
    query = DocumentQuery(
        sender=sender, document_id=wanted.document_id, without=BusinessType.RECALL
    )
    store = services.storage.documents
    found = list(await store.sent_as(query, limit=_SENDINGS))
    if len(found) == _SENDINGS:
        reaching = await _with_predecessors(services, wanted.concerned)
        further = replace(query, reaching=reaching)
        reached = await store.sent_as(further, limit=wanted.most + 1)
        found = list({one.envelope_id: one for one in (*found, *reached)}.values())
    return found


async def _with_predecessors(
    services: Services, agencies: Collection[OrganId]
) -> frozenset[OrganId]:
    """Return agencies and those they succeeded, who may have got it in their time."""
    directory, now = await current_directory(services), services.now()
    inherited = (directory.inherited(one, now) for one in agencies)
    return frozenset(agencies).union(*inherited)


async def _named(
    services: Services,
    directory: Directory,
    named: ResponseFor,
    own: Collection[OrganId],
) -> Sequence[Envelope]:
    """Return what is named and was sent by an agency, or reached it.

    Its id comes first; where that names nothing, number and notation of the year do.
    Who names the issuer by the code of today means what it sent under former ones, too:
    by an id also those it took over, by a number none whose numbers were others.
    """
    if named.organ_id is None:
        return ()
    issuer = find_addressee(directory, named.organ_id).code
    taken_over = sorted(directory.inherited(issuer, services.now()))
    ids = DocumentQuery(sender=issuer, document_id=named.document_id)
    codes = [issuer, *taken_over] if named.document_id else []
    if found := await _first_sent(services, ids, codes, own):
        return found
    # Systems name what they answer by an id of their own, beside number and notation.
    promulgated = named.promulgation_date
    year = promulgated.year if promulgated else None
    numbers = DocumentQuery(sender=issuer, code=named.code, year=year)
    former = await former_codes(services, directory, issuer) if taken_over else ()
    return await _first_sent(services, numbers, [issuer, *reversed(former)], own)


async def _first_sent(
    services: Services,
    query: DocumentQuery,
    senders: Iterable[OrganId],
    own: Collection[OrganId],
) -> Sequence[Envelope]:
    """Return what the first of the senders that has any sent, of what is one's own."""
    for sender in senders:
        reaching = None if sender in own else frozenset(own)
        asking = replace(query, sender=sender, reaching=reaching)
        found = await services.storage.documents.sent_as(asking, limit=_SENDINGS)
        if found:
            return found
    return ()


async def _is_party(
    services: Services, envelope: Envelope, agencies: Collection[OrganId]
) -> bool:
    if envelope.sender in agencies:
        return True
    store = services.storage.envelopes
    return bool(await store.deliveries(envelope.envelope_id, of=agencies))
