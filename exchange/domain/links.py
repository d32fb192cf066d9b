"""What a document says beside its text: its matter, and its ties to other documents.

QCVN 102: ResponseFor, ResponseForTask, SteeringType, DueDate, Paper, ApplicationType,
Bussiness; Decree 30/2020 Annex VI: alert of duplicates.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from schemas.identifiers import DocumentId, EnvelopeId, OrganId
from schemas.vocabulary import LinkKind, StatusCode, Steering


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An earlier document as a later one names it (ResponseFor)."""

    organ_id: OrganId | None = None
    code: str = ""
    promulgated: date | None = None
    document_id: DocumentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What recipients sort a document by.

    Args:
        type_name: its kind as it calls itself (DocumentType).
        signer: who signed it, as it says itself (SignerInfo).
        promulgated: the day it was issued; number and notation begin anew each year.
        due_date: until when it is to be answered.
        paper: whether a paper copy follows, None if it does not say.
        application: kind of one-stop dossier (ApplicationType).
        tasks: steering tasks it answers (ResponseForTask).
        answers: documents it answers, as it names them.
    """

    type_name: str = ""
    signer: str = ""
    promulgated: date | None = None
    due_date: date | None = None
    steering: Steering = Steering.NONE
    paper: bool | None = None
    application: str = ""
    tasks: tuple[str, ...] = ()
    answers: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A tie from one envelope to an earlier one.

    Args:
        envelope_id: the earlier one; None where this hub does not hold it.
        document_id: how the later document named it.
        recipients: recipients of the later one who are parties of the earlier, and
            so may know; None for all it was accepted for.
    """

    kind: LinkKind
    envelope_id: EnvelopeId | None = None
    document_id: DocumentId | None = None
    recipients: tuple[OrganId, ...] | None = None

    def is_shown_to(
        self, agencies: Collection[OrganId], *, of: Collection[OrganId]
    ) -> bool:
        """Tell whether agencies may see the tie.

        Args:
            agencies: recipients of the later document; whom an update added to that
                need not be a party of the earlier one.
            of: whom the later document was accepted for.
        """
        parties = of if self.recipients is None else self.recipients
        return any(one in agencies for one in parties)


@dataclass(frozen=True, slots=True)
class Recall:
    """A document is asked back from one recipient.

    Args:
        request: the envelope that asks.
        answer: 15 or 16; None until the recipient answers.
    """

    request: EnvelopeId
    answer: StatusCode | None = None

    @property
    def blocks_reading(self) -> bool:
        """Whether the recipient may not read; only its refusal opens it again."""
        return self.answer is not StatusCode.DECLINED
