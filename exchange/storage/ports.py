"""What the exchange needs from storage.

Every method that stores is atomic and durable (majority, journaled) when it returns;
`tests/contract` holds each implementation to that. Any method may raise
StorageUnavailableError: whether it stored is then not known, and repeating it is safe.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from exchange.domain.records import (
    Acceptance,
    Accepted,
    Agency,
    AuditLine,
    CaJournalPosition,
    CaJournalStep,
    Delivery,
    Envelope,
    InboxItem,
    LogLeaf,
    PendingLogEntry,
    Repeated,
    SequencedLogEntry,
    StepRecord,
    StoredReceipt,
    System,
)
from exchange.domain.signing import RemoteSigning, SigningStep, StoredFile
from schemas.identifiers import EnvelopeId, MessageId, OrganId, SystemId


class DirectoryStore(Protocol):
    """Agencies and the systems that act for them."""

    async def import_agencies(
        self, agencies: Sequence[Agency], *, audit: AuditLine
    ) -> int:
        """Insert or replace agencies by code; return the new directory version.

        Importing what is already there changes nothing and keeps the version.
        """

    async def agency(self, code: OrganId) -> Agency | None:
        """Find an agency by either form of its code."""

    async def agencies(self) -> Sequence[Agency]:
        """All agencies, ordered by code."""

    async def version(self) -> int:
        """The directory's version; 0 when empty."""

    async def register_system(self, system: System, *, audit: AuditLine) -> None:
        """Insert or replace a system by its id."""

    async def system_by_certificate(self, sha256: str) -> System | None:
        """Find the system that owns a client certificate."""

    async def system(self, system_id: SystemId) -> System | None:
        """Find a system by its id."""


class EnvelopeStore(Protocol):
    """Accepted envelopes, their deliveries and receipts."""

    async def store_chunks(self, body_id: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a large body before its acceptance; an orphan until then.

        `body_id` is fresh for every try.
        """

    async def drop_orphans(self, *, before: datetime) -> int:
        """Remove bodies begun before a time and never accepted; return how many."""

    async def accept(self, acceptance: Acceptance) -> Accepted | Repeated:
        """Store envelope, deliveries, receipts, log entry and audit line, or none.

        (system, sender, message id) is unique for ever: what is stored under it is
        returned, whatever else the acceptance holds. Deliveries start as accepted.
        The same acceptance again, after its answer was lost, is accepted.

        Raises:
            StateConflictError: `status_change.before` no longer holds, or its code or
                a receipt's key is stored already.
            ExchangeError: `body_chunks` was not stored completely (INTERNAL).
        """

    async def envelope(self, envelope_id: EnvelopeId) -> Envelope | None:
        """Find an envelope by the hub's id."""

    async def envelope_by_message(
        self, system_id: SystemId, sender: OrganId, message_id: MessageId
    ) -> Envelope | None:
        """Find an envelope by its sender's id."""

    def read_body(
        self, envelope_id: EnvelopeId, *, offset: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Yield the raw body, or a slice of it, in pieces checked by digest.

        Raises:
            ExchangeError: no such envelope (ENVELOPE_NOT_FOUND), or the stored bytes
                are not those accepted (STORED_BYTES_DAMAGED).
        """

    async def delivery(
        self, envelope_id: EnvelopeId, recipient: OrganId
    ) -> Delivery | None:
        """Find one delivery."""

    async def deliveries(self, envelope_id: EnvelopeId) -> Sequence[Delivery]:
        """All deliveries of an envelope, ordered by recipient."""

    async def inbox(
        self, recipients: Collection[OrganId], *, after: int, limit: int
    ) -> Sequence[InboxItem]:
        """Visible deliveries with a log index above `after`, in log order.

        More than `limit` only so that deliveries of one index stay together: whoever
        goes on after the last index has missed nothing.
        """

    async def to_check(self, *, limit: int) -> Sequence[Envelope]:
        """Envelopes with deliveries in state accepted or checking, oldest first."""

    async def record_step(self, step: StepRecord) -> StoredReceipt:
        """Store receipt, states, log entry and audit line, or none.

        A receipt whose key is already stored is returned as it is stored.

        Raises:
            StateConflictError: a delivery is not in one of `before`.
        """

    async def receipts(self, envelope_id: EnvelopeId) -> Sequence[StoredReceipt]:
        """Step receipts of an envelope in the order of recording."""

    async def statuses_of(self, envelope_id: EnvelopeId) -> Sequence[Envelope]:
        """Status envelopes that report on `envelope_id`, in order of acceptance."""


class LogStore(Protocol):
    """The append-only log (RFC 6962)."""

    async def sequence(self, *, limit: int) -> Sequence[SequencedLogEntry]:
        """Give indexes to entries that wait, oldest first, and store tree nodes.

        An entry that makes visible gives its index, in the same transaction, to those
        deliveries of its envelope that are readable and have none: what was held
        until now comes with the entry that released it, and nothing comes twice.
        Called under the `sequencer` lease; safe, and of no effect twice, without it.
        """

    async def size(self) -> int:
        """Number of sequenced entries."""

    async def entries_of(self, envelope_id: EnvelopeId) -> Sequence[SequencedLogEntry]:
        """Sequenced entries that concern an envelope, in log order."""

    async def pending_of(self, envelope_id: EnvelopeId) -> Sequence[PendingLogEntry]:
        """Entries of an envelope that have no index yet, oldest first."""

    async def leaves(self, first: int, *, limit: int) -> tuple[LogLeaf, ...]:
        """Sequenced entries from index `first` on, with the nodes they complete."""

    async def nodes(
        self, coordinates: Collection[tuple[int, int]]
    ) -> Mapping[tuple[int, int], bytes]:
        """Hashes of complete subtrees by (level, index)."""


class CaJournalStore(Protocol):
    """How much of each CA's published journal is in the log."""

    async def position(self, label: str) -> CaJournalPosition:
        """Where the journal of one CA stands; number 0 when nothing is entered."""

    async def positions(self) -> Sequence[CaJournalPosition]:
        """Where all journals stand, ordered by label."""

    async def enter(self, step: CaJournalStep) -> CaJournalPosition:
        """Store the log entries and move the position, or store nothing.

        Nothing is stored when the position is at another number than `step.before`:
        somebody else entered these lines, or this is a repeat after a lost answer.

        Returns:
            The position as it is stored now; `step.after` if this step moved it.

        Raises:
            StateConflictError: the position is at the number of `step.before`, after
                other lines (JOURNAL_BROKEN).
        """

    async def entries(self, subjects: Collection[str]) -> Sequence[SequencedLogEntry]:
        """Sequenced entries about lines (`LABEL/NUMBER`), in log order."""


class SigningStore(Protocol):
    """Signatures that are prepared here and made elsewhere."""

    async def store_file(self, body_id: str, pieces: AsyncIterator[bytes]) -> None:
        """Store a file; it is dropped with the orphans, a day after.

        `body_id` is fresh for every try.
        """

    def read_file(self, file: StoredFile) -> AsyncIterator[bytes]:
        """Yield a stored file in pieces checked by digest.

        Raises:
            ExchangeError: it is gone or damaged (STORED_BYTES_DAMAGED).
        """

    async def signing(self, signing_id: str) -> RemoteSigning | None:
        """Find a signing as it is now."""

    async def advance(self, step: SigningStep) -> RemoteSigning:
        """Store signing, audit line and log entry, or nothing.

        Nothing is stored when the signing is in another state, or has another value,
        than `step.before`: somebody else was faster, or this is a repeat.

        Returns:
            The signing as it is stored now; `step.after` if this step moved it.
        """

    async def drop(self, *, before: datetime) -> int:
        """Forget signings prepared before a time; return how many."""


class AuditStore(Protocol):
    """The audit trail."""

    async def append(self, line: AuditLine) -> None:
        """Store one line."""

    async def lines(self, *, limit: int) -> Sequence[AuditLine]:
        """The newest lines, newest first."""


class LeaseStore(Protocol):
    """Who may do a job that only one process may do."""

    async def acquire(
        self, name: str, *, owner: str, now: datetime, seconds: float
    ) -> bool:
        """Take or renew a lease; False while somebody else holds it."""

    async def release(self, name: str, *, owner: str) -> None:
        """Give a lease back."""


class Storage(Protocol):
    """All ports of one deployment."""

    @property
    def directory(self) -> DirectoryStore:
        """Agencies and systems."""

    @property
    def envelopes(self) -> EnvelopeStore:
        """Envelopes, deliveries, receipts."""

    @property
    def log(self) -> LogStore:
        """The log."""

    @property
    def ca_journals(self) -> CaJournalStore:
        """Positions of the CAs' journals."""

    @property
    def signing(self) -> SigningStore:
        """Signatures made elsewhere."""

    @property
    def audit(self) -> AuditStore:
        """The audit trail."""

    @property
    def leases(self) -> LeaseStore:
        """Leases."""

    async def ready(self) -> bool:
        """Whether the database answers."""

    async def close(self) -> None:
        """Close connections."""
