"""What a document does to documents sent before it.

BussinessDocType 1 recalls, 2 updates, 3 replaces; ResponseFor answers; a new document
under a name that is taken is a duplicate, which is told and never refused.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from exchange.domain.addressing import all_reached, find_addressee, redirected_of
from exchange.domain.amendments import (
    RecipientChange,
    RecipientPlan,
    decide_recipients,
    number_refusals,
)
from exchange.domain.decisions import Refuse
from exchange.domain.intake import Accept
from exchange.domain.links import Link
from exchange.domain.recalls import Named, having, held_in
from exchange.domain.records import Envelope, StepRecord
from exchange.domain.relations import KnownDocument, Relations
from exchange.services import Services
from exchange.usecases.addressing import connected_ones
from exchange.usecases.directory import current_directory
from exchange.usecases.earlier_documents import (
    MOST_SENDINGS,
    answered,
    asked,
    duplicate_of,
    named_by,
    one_by_one,
    recalls_of,
    sent_as,
)
from exchange.usecases.recalling import Request, adding_step, recall_steps
from exchange.usecases.tying import tied
from schemas.edxml.document import Business, EdxmlDocument, ReplacementInfo
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import BusinessType, LinkKind, Step

_MOST_NAMED = 50
"""Documents, and tasks, that one document may name."""

_EARLIER_ID = "Bussiness/DocumentId"


async def relate(
    services: Services, document: EdxmlDocument, accept: Accept
) -> Relations | Refuse:
    """Find the documents that a document concerns, and decide on what it asks."""
    business = document.business
    for name, named in (
        ("ResponseFor", document.response_for),
        ("ResponseForTask", document.task_codes),
        ("ReplacementInfo", business.replacements if business else ()),
    ):
        if len(named) > _MOST_NAMED:
            return Refuse(ErrorCode.XML_LIMIT_EXCEEDED, name)
    relating = _Relating(services, document, accept)
    related = await relating.by_type(business)
    if isinstance(related, Refuse) or not document.response_for:
        return related
    return replace(related, links=(*related.links, *await relating.answers()))


def consequences(
    services: Services, envelope: Envelope, relations: Relations
) -> Iterator[StepRecord]:
    """Yield the steps that are recorded together with a document."""
    request = Request(envelope, relations.reason)
    for document, plan in relations.recalls:
        yield from recall_steps(services, request, document, plan)
    for document, recipient in relations.additions:
        yield adding_step(services, request, document, recipient)


@dataclass(frozen=True, slots=True)
class _Relating:
    """One document on its way in."""

    services: Services
    document: EdxmlDocument
    accept: Accept

    @property
    def _plain(self) -> Relations:
        accept = self.accept
        return Relations(recipients=accept.recipients, redirected=accept.redirected)

    async def by_type(self, business: Business | None) -> Relations | Refuse:
        """Do what the type of the message says."""
        if business is None or business.business_type is BusinessType.NEW:
            return await self._new()
        if business.business_type is BusinessType.REPLACE:
            return await self._replace(business)
        named = business.document_id or self.document.document_id
        earlier = await sent_as(
            self.services, self.accept.sender, named, await self._concerned(business)
        )
        if business.business_type is BusinessType.UPDATE:
            return await self._update(business, earlier)
        return await self._recall(business, earlier)

    async def _concerned(self, business: Business) -> set[OrganId]:
        info = business.document_info
        listed = [one.organ_id for one in info.receivers] if info else []
        return {*self.accept.recipients, *await self._codes(listed)}

    async def answers(self) -> list[Link]:
        """Return the ties to what the document answers."""
        directory = await current_directory(self.services)
        recipients = self.accept.recipients
        found = answered(
            self.services, directory, self.accept.sender, self.document, recipients
        )
        return [one async for one in found]

    async def _new(self) -> Relations:
        sender = self.accept.sender
        earlier = await duplicate_of(self.services, sender, self.document)
        if earlier is None:
            return self._plain
        links = await self._ties(LinkKind.DUPLICATES, [earlier])
        return replace(self._plain, links=links)

    async def _recall(
        self, business: Business, earlier: Sequence[Envelope]
    ) -> Relations | Refuse:
        if not earlier:
            return Refuse(ErrorCode.EARLIER_DOCUMENT_UNKNOWN, _EARLIER_ID)
        if len(earlier) > MOST_SENDINGS:
            return Refuse(ErrorCode.XML_LIMIT_EXCEEDED, _EARLIER_ID)
        directory, now = await current_directory(self.services), self.services.now()
        named = tuple(asked(directory, self.accept, now))
        written = [one.organ_id for one in self.document.recipients]
        required = one_by_one(directory, written)
        recalls = await recalls_of(self.services, earlier, named, required=required)
        if isinstance(recalls, Refuse):
            return recalls
        links = await self._ties(LinkKind.RECALLS, [one for one, _ in recalls])
        return replace(
            self._plain, links=links, recalls=recalls, reason=business.reason
        )

    async def _update(
        self, business: Business, earlier: Sequence[Envelope]
    ) -> Relations | Refuse:
        changes = await self._changes(business)
        if changes:
            return await self._change(business, earlier, changes)
        links = await self._ties(LinkKind.UPDATES, earlier)
        if not links:
            # Sent before this hub was there, or another way.
            named = business.document_id or self.document.document_id
            links = (Link(kind=LinkKind.UPDATES, document_id=named),)
        return replace(self._plain, links=links, reason=business.reason)

    async def _changes(self, business: Business) -> list[RecipientChange]:
        """Return who is to be added or removed, and who is reached by that now."""
        info, now = business.document_info, self.services.now()
        lines = info.receivers if info else ()
        directory = await current_directory(self.services)
        named = [find_addressee(directory, one.organ_id, now) for one in lines]
        reached = await connected_ones(
            self.services, directory, named, sender=self.accept.sender, at=now
        )
        return [
            RecipientChange(addressee, one.receiver_type)
            for addressee, one in zip(reached, lines, strict=True)
        ]

    async def _change(
        self,
        business: Business,
        earlier: Sequence[Envelope],
        changes: Sequence[RecipientChange],
    ) -> Relations | Refuse:
        """Add recipients to the latest sending of a document, remove some from all."""
        sent = [one for one in earlier if one.business_type is not BusinessType.UPDATE]
        if not sent:
            return Refuse(ErrorCode.EARLIER_DOCUMENT_UNKNOWN, _EARLIER_ID)
        if len(earlier) > MOST_SENDINGS:
            return Refuse(ErrorCode.XML_LIMIT_EXCEEDED, _EARLIER_ID)
        latest = sent[-1]
        plan = await self._planned(sent, changes)
        if isinstance(plan, Refuse):
            return plan
        # What came of it by another sending, or by an update, is the document, too.
        removing = earlier if plan.removed else []
        removed = [Named(one) for one in plan.removed]
        recalls = await recalls_of(
            self.services, removing, removed, required=plan.removed
        )
        if isinstance(recalls, Refuse):
            return recalls
        recipients = plan.recipients(self.accept.recipients)
        links = [
            await tied(
                self.services,
                LinkKind.UPDATES,
                one,
                recipients,
                also=plan.reached if one is latest else (),
            )
            for one in earlier
        ]
        return Relations(
            recipients=recipients,
            redirected=redirected_of((*self.accept.redirected, *plan.added)),
            links=tuple(links),
            recalls=recalls,
            additions=tuple((latest, one) for one in plan.reached),
            reason=business.reason,
        )

    async def _planned(
        self, sent: Sequence[Envelope], changes: Sequence[RecipientChange]
    ) -> RecipientPlan | Refuse:
        """Decide who gets a document from now on, and from whom it is asked back."""
        services, named = self.services, self.accept.recipients
        store = services.storage.envelopes
        had = [await store.deliveries(one.envelope_id) for one in sent]
        present = having(had[:-1], latest=had[-1])
        directory, now = await current_directory(services), services.now()
        meant = [
            replace(one, held=held_in(had, named_by(directory, one.addressee, now)))
            for one in changes
        ]
        plan = decide_recipients(meant, present, now)
        if isinstance(plan, Refuse):
            return plan
        most, of_latest = services.intake_policy.recipients, len(had[-1])
        refusal = next(number_refusals(plan, named, of_latest, most), None)
        if refusal is None and plan.added:
            refusal = await self._not_to_be_added_to(sent[-1])
        return refusal or plan

    async def _not_to_be_added_to(self, document: Envelope) -> Refuse | None:
        """Refuse to add recipients who could not read the document."""
        if document.purged_at is not None:
            return Refuse(ErrorCode.PAYLOAD_PURGED, document.envelope_id)
        if not await self._is_delivered(document):
            return Refuse(ErrorCode.STEP_NOT_ALLOWED, document.envelope_id)
        return None

    async def _is_delivered(self, envelope: Envelope) -> bool:
        receipts = await self.services.storage.envelopes.receipts(envelope.envelope_id)
        return any(one.step is Step.DELIVERED for one in receipts)

    async def _replace(self, business: Business) -> Relations:
        replaced = business.replacements
        if not replaced and business.document_id:
            replaced = (ReplacementInfo(document_id=business.document_id),)
        most = MOST_SENDINGS // max(1, len(replaced))
        links = [link for one in replaced for link in await self._replaced(one, most)]
        return replace(self._plain, links=tuple(links), reason=business.reason)

    async def _replaced(self, info: ReplacementInfo, most: int) -> list[Link]:
        sender, concerned = self.accept.sender, self.accept.recipients
        found = await sent_as(
            self.services, sender, info.document_id, concerned, most=most
        )
        if not found:
            return [Link(kind=LinkKind.REPLACES, document_id=info.document_id)]
        only = await self._reached(info.organ_ids) if info.organ_ids else None
        return list(await self._ties(LinkKind.REPLACES, found, only))

    async def _ties(
        self,
        kind: LinkKind,
        earlier: Iterable[Envelope | KnownDocument],
        only: Collection[OrganId] | None = None,
    ) -> tuple[Link, ...]:
        """Tie the document to earlier ones, for its recipients or `only` some."""
        services, recipients = self.services, self.accept.recipients
        ties = [
            await tied(services, kind, one, recipients, only=only) for one in earlier
        ]
        return tuple(ties)

    async def _reached(self, written: Sequence[OrganId]) -> set[OrganId]:
        """Return agencies by their codes, with whom the document reaches instead."""
        codes = await self._codes(written)
        redirected = (one for one in self.accept.redirected if one.code in codes)
        return codes.union(all_reached(redirected))

    async def _codes(self, written: Sequence[OrganId]) -> set[OrganId]:
        directory = await current_directory(self.services)
        found = ((one, directory.agency(one)) for one in written)
        return {agency.code if agency else one for one, agency in found}
