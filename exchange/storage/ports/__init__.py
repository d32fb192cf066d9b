"""What the exchange needs from storage.

Every method that stores is atomic and durable (majority, journaled) when it returns;
`tests/contract` holds each implementation to that. Any method may raise
StorageUnavailableError: whether it stored is then not known, and repeating it is safe.
"""

from exchange.storage.ports.accounts import AccountStore, SessionStore
from exchange.storage.ports.agency_history import AgencyHistoryStore
from exchange.storage.ports.audit import AuditPage, AuditQuery, AuditStore
from exchange.storage.ports.ca_journals import CaJournalStore
from exchange.storage.ports.controls import ControlStore, UsageStore
from exchange.storage.ports.delegations import DelegationStore
from exchange.storage.ports.deliveries import DeliveryQuery, DeliveryStore
from exchange.storage.ports.directory import DirectoryStore
from exchange.storage.ports.docket import (
    Arrival,
    ArrivalQuery,
    DocketEntry,
    DocketStore,
    Followed,
    TallyQuery,
)
from exchange.storage.ports.documents import DocumentQuery, DocumentStore
from exchange.storage.ports.envelopes import EnvelopeStore
from exchange.storage.ports.leases import LeaseStore
from exchange.storage.ports.log import Arrivals, LogStore
from exchange.storage.ports.mailboxes import (
    ArrivedFound,
    ArrivedSearch,
    MailboxStore,
    SentFound,
    SentQuery,
    SentSearch,
)
from exchange.storage.ports.notices import (
    NoticeClaim,
    NoticeQuery,
    NoticeStore,
    Shown,
)
from exchange.storage.ports.recipient_lists import RecipientListStore
from exchange.storage.ports.registers import RegisterStore, SendingQuery
from exchange.storage.ports.retention import Purge, RetentionStore
from exchange.storage.ports.signing import SigningStore
from exchange.storage.ports.storage import Storage
from exchange.storage.ports.uploads import UploadStore

__all__ = [
    "AccountStore",
    "AgencyHistoryStore",
    "Arrival",
    "ArrivalQuery",
    "Arrivals",
    "ArrivedFound",
    "ArrivedSearch",
    "AuditPage",
    "AuditQuery",
    "AuditStore",
    "CaJournalStore",
    "ControlStore",
    "DelegationStore",
    "DeliveryQuery",
    "DeliveryStore",
    "DirectoryStore",
    "DocketEntry",
    "DocketStore",
    "DocumentQuery",
    "DocumentStore",
    "EnvelopeStore",
    "Followed",
    "LeaseStore",
    "LogStore",
    "MailboxStore",
    "NoticeClaim",
    "NoticeQuery",
    "NoticeStore",
    "Purge",
    "RecipientListStore",
    "RegisterStore",
    "RetentionStore",
    "SendingQuery",
    "SentFound",
    "SentQuery",
    "SentSearch",
    "SessionStore",
    "Shown",
    "SigningStore",
    "Storage",
    "TallyQuery",
    "UploadStore",
    "UsageStore",
]
