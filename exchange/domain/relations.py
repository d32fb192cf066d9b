"""What a document does to earlier ones, decided before it is accepted."""

from collections.abc import Collection
from dataclasses import dataclass

from exchange.domain.addressing import Addressee
from exchange.domain.links import Link, Matter, Reference
from exchange.domain.recalls import RecallPlan
from exchange.domain.records import Envelope
from schemas.edxml.document import EdxmlDocument, ResponseFor
from schemas.identifiers import DocumentId, EnvelopeId, OrganId
from schemas.vocabulary import LinkKind, Steering


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """What a document does to earlier ones.

    Args:
        recipients: of the document, and those it adds or removes elsewhere.
        redirected: those among them for whom others are reached.
        links: its ties.
        recalls: whom it reaches with a recall, by document.
        additions: who else gets which document.
        reason: why.
    """

    recipients: tuple[OrganId, ...]
    redirected: tuple[Addressee, ...] = ()
    links: tuple[Link, ...] = ()
    recalls: tuple[tuple[Envelope, RecallPlan], ...] = ()
    additions: tuple[tuple[Envelope, OrganId], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDocument:
    """A document that came before: its names, and what a tie to it is made of.

    Args:
        code: number and notation.
        year: of its promulgation; number and notation begin anew each year.
    """

    envelope_id: EnvelopeId
    sender: OrganId
    recipients: tuple[OrganId, ...]
    document_id: DocumentId | None
    code: str
    year: int | None


def known_document(envelope: Envelope) -> KnownDocument:
    """Return the names of a document."""
    promulgated = envelope.matter.promulgated
    return KnownDocument(
        envelope_id=envelope.envelope_id,
        sender=envelope.sender,
        recipients=envelope.recipients,
        document_id=envelope.document_id,
        code=envelope.document_code,
        year=promulgated.year if promulgated else None,
    )


def tie(
    kind: LinkKind,
    earlier: Envelope | KnownDocument,
    recipients: Collection[OrganId],
    *,
    only: Collection[OrganId] | None = None,
    also: Collection[OrganId] = (),
) -> Link:
    """Tie a document to an earlier one; who was no party of that does not learn of it.

    Args:
        kind: what it is to the earlier one.
        earlier: the earlier one.
        recipients: of the later one.
        only: to whom the tie applies; None: to all of them.
        also: who becomes a party of the earlier one now.
    """
    everybody = set(recipients)
    shown = everybody & {earlier.sender, *earlier.recipients, *also}
    if only is not None:
        shown &= set(only)
    return Link(
        kind=kind,
        envelope_id=earlier.envelope_id,
        document_id=earlier.document_id,
        recipients=None if shown == everybody else tuple(sorted(shown)),
    )


def matter_of(document: EdxmlDocument) -> Matter:
    """Return what recipients sort a document by."""
    return Matter(
        type_name=document.document_type.type_name,
        signer=document.signer.full_name if document.signer else "",
        promulgated=document.promulgation.promulgation_date,
        due_date=document.due_date,
        steering=document.steering or Steering.NONE,
        paper=document.business.paper if document.business else None,
        application=document.application_type,
        tasks=document.task_codes,
        answers=tuple(map(_reference, document.response_for)),
    )


def _reference(named: ResponseFor) -> Reference:
    return Reference(
        organ_id=named.organ_id,
        code=named.code,
        promulgated=named.promulgation_date,
        document_id=named.document_id,
    )
