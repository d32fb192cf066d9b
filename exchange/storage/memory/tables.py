"""What the ports in memory share."""

from dataclasses import dataclass, field
from datetime import datetime

from exchange.domain.accounts import Account, AccountId
from exchange.domain.agency_history import RecordedEvent
from exchange.domain.delegations import FiledDelegation
from exchange.domain.log_entries import (
    CaJournalPosition,
    LogState,
    PendingLogEntry,
    SequencedLogEntry,
)
from exchange.domain.maintenance import Maintenance
from exchange.domain.parties import Agency, System
from exchange.domain.recipient_lists import RecipientList
from exchange.domain.records import AuditLine, Delivery, Envelope, StoredReceipt
from exchange.domain.sessions import Session
from exchange.domain.signing import RemoteSigning
from exchange.domain.signing_tasks import SigningTask
from exchange.domain.uploads import Upload
from schemas.identifiers import EnvelopeId, MessageId, OrganId, SystemId
from schemas.merkle import Coordinates
from schemas.vocabulary import StatusCode


@dataclass(slots=True)
class Tables:
    """All state of one deployment; no method of a port awaits while it changes it."""

    agencies: dict[OrganId, Agency] = field(default_factory=dict)
    directory_version: int = 0
    agency_versions: dict[OrganId, int] = field(default_factory=dict)
    agency_events: dict[str, RecordedEvent] = field(default_factory=dict)
    recipient_lists: dict[tuple[OrganId, str], RecipientList] = field(
        default_factory=dict
    )
    delegations: dict[str, FiledDelegation] = field(default_factory=dict)
    systems: dict[SystemId, System] = field(default_factory=dict)
    envelopes: dict[EnvelopeId, Envelope] = field(default_factory=dict)
    messages: dict[tuple[SystemId, OrganId, MessageId], EnvelopeId] = field(
        default_factory=dict
    )
    chunked: dict[str, tuple[datetime, bytes]] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    taken_uploads: dict[str, EnvelopeId] = field(default_factory=dict)
    bodies: dict[EnvelopeId, bytes] = field(default_factory=dict)
    deliveries: dict[tuple[EnvelopeId, OrganId], Delivery] = field(default_factory=dict)
    reported: set[tuple[EnvelopeId, OrganId, StatusCode]] = field(default_factory=set)
    receipts: dict[tuple[EnvelopeId, str], StoredReceipt] = field(default_factory=dict)
    pending: dict[str, PendingLogEntry] = field(default_factory=dict)
    entries: list[SequencedLogEntry] = field(default_factory=list)
    nodes: dict[Coordinates, bytes] = field(default_factory=dict)
    log: LogState = field(default_factory=LogState)
    restored_size: int | None = None
    ca_journals: dict[str, CaJournalPosition] = field(default_factory=dict)
    signings: dict[str, RemoteSigning] = field(default_factory=dict)
    signing_tasks: dict[str, SigningTask] = field(default_factory=dict)
    accounts: dict[AccountId, Account] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    maintenance: Maintenance | None = None
    usage: dict[str, int] = field(default_factory=dict)
    audit: list[AuditLine] = field(default_factory=list)
    leases: dict[str, tuple[str, datetime]] = field(default_factory=dict)
