"""All ports of one deployment."""

from typing import Protocol

from exchange.storage.ports.accounts import AccountStore, SessionStore
from exchange.storage.ports.agency_history import AgencyHistoryStore
from exchange.storage.ports.audit import AuditStore
from exchange.storage.ports.ca_journals import CaJournalStore
from exchange.storage.ports.controls import ControlStore, UsageStore
from exchange.storage.ports.delegations import DelegationStore
from exchange.storage.ports.deliveries import DeliveryStore
from exchange.storage.ports.directory import DirectoryStore
from exchange.storage.ports.docket import DocketStore
from exchange.storage.ports.documents import DocumentStore
from exchange.storage.ports.envelopes import EnvelopeStore
from exchange.storage.ports.leases import LeaseStore
from exchange.storage.ports.log import LogStore
from exchange.storage.ports.mailboxes import MailboxStore
from exchange.storage.ports.notices import NoticeStore
from exchange.storage.ports.recipient_lists import RecipientListStore
from exchange.storage.ports.registers import RegisterStore
from exchange.storage.ports.retention import RetentionStore
from exchange.storage.ports.signing import SigningStore
from exchange.storage.ports.uploads import UploadStore


class Storage(Protocol):
    """All ports of one deployment."""

    @property
    def directory(self) -> DirectoryStore:
        """Agencies and systems."""

    @property
    def agency_history(self) -> AgencyHistoryStore:
        """Changes of agencies."""

    @property
    def recipient_lists(self) -> RecipientListStore:
        """Saved lists of recipients."""

    @property
    def delegations(self) -> DelegationStore:
        """Delegations."""

    @property
    def envelopes(self) -> EnvelopeStore:
        """Envelopes, deliveries, receipts."""

    @property
    def documents(self) -> DocumentStore:
        """Documents by their names and ties."""

    @property
    def deliveries(self) -> DeliveryStore:
        """Deliveries as queues."""

    @property
    def docket(self) -> DocketStore:
        """What reached whom, what is late, and counts."""

    @property
    def registers(self) -> RegisterStore:
        """Register numbers."""

    @property
    def mailboxes(self) -> MailboxStore:
        """Mail as people look through it."""

    @property
    def notices(self) -> NoticeStore:
        """Subscriptions and notices."""

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
    def uploads(self) -> UploadStore:
        """Bodies that come in pieces."""

    @property
    def accounts(self) -> AccountStore:
        """People who may call the hub."""

    @property
    def sessions(self) -> SessionStore:
        """Their sessions."""

    @property
    def controls(self) -> ControlStore:
        """What operators switch."""

    @property
    def usage(self) -> UsageStore:
        """What callers have used."""

    @property
    def retention(self) -> RetentionStore:
        """Bodies that may go."""

    @property
    def audit(self) -> AuditStore:
        """The audit trail."""

    @property
    def leases(self) -> LeaseStore:
        """Leases."""

    async def ready(self) -> bool:
        """Whether the database answers."""

    async def free_bytes(self) -> int | None:
        """How much room is left where the database is; None if that is not known."""

    async def close(self) -> None:
        """Close connections."""
