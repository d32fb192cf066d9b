"""All ports in memory."""

from datetime import datetime, timedelta

from exchange.domain.leases import is_free
from exchange.storage.memory.accounts import MemoryAccounts, MemorySessions
from exchange.storage.memory.agency_history import MemoryAgencyHistory
from exchange.storage.memory.audit import MemoryAudit
from exchange.storage.memory.ca_journals import MemoryCaJournals
from exchange.storage.memory.controls import MemoryControls, MemoryUsage
from exchange.storage.memory.delegations import MemoryDelegations
from exchange.storage.memory.deliveries import MemoryDeliveries
from exchange.storage.memory.directory import MemoryDirectory
from exchange.storage.memory.docket import MemoryDocket
from exchange.storage.memory.documents import MemoryDocuments
from exchange.storage.memory.envelopes import MemoryEnvelopes
from exchange.storage.memory.log import MemoryLog
from exchange.storage.memory.mailboxes import MemoryMailboxes
from exchange.storage.memory.notices import MemoryNotices
from exchange.storage.memory.recipient_lists import MemoryRecipientLists
from exchange.storage.memory.registers import MemoryRegisters
from exchange.storage.memory.retention import MemoryRetention
from exchange.storage.memory.signing import MemorySigning
from exchange.storage.memory.tables import Tables
from exchange.storage.memory.uploads import MemoryUploads


class MemoryLeases:
    """Leases in memory."""

    def __init__(self, tables: Tables) -> None:
        self._leases = tables.leases

    async def acquire(
        self, name: str, *, owner: str, now: datetime, seconds: float
    ) -> bool:
        """Take or renew a lease; False while somebody else holds it."""
        holder, until = self._leases.get(name, (owner, now))
        if holder != owner and not is_free(until, now, seconds=seconds):
            return False
        self._leases[name] = (owner, now + timedelta(seconds=seconds))
        return True

    async def release(self, name: str, *, owner: str) -> None:
        """Give a lease back; somebody else's stays."""
        if name in self._leases and self._leases[name][0] == owner:
            del self._leases[name]


class MemoryStorage:
    """All ports of one deployment, gone with the process."""

    def __init__(self) -> None:
        tables = Tables()
        self._directory = MemoryDirectory(tables)
        self._agency_history = MemoryAgencyHistory(tables)
        self._recipient_lists = MemoryRecipientLists(tables)
        self._delegations = MemoryDelegations(tables)
        self._envelopes = MemoryEnvelopes(tables)
        self._documents = MemoryDocuments(tables)
        self._deliveries = MemoryDeliveries(tables)
        self._docket = MemoryDocket(tables)
        self._registers = MemoryRegisters(tables)
        self._notices = MemoryNotices(tables)
        self._log = MemoryLog(tables)
        self._mailboxes = MemoryMailboxes(tables)
        self._ca_journals = MemoryCaJournals(tables)
        self._signing = MemorySigning(tables)
        self._uploads = MemoryUploads(tables)
        self._accounts = MemoryAccounts(tables)
        self._sessions = MemorySessions(tables)
        self._controls = MemoryControls(tables)
        self._usage = MemoryUsage(tables)
        self._retention = MemoryRetention(tables)
        self._audit = MemoryAudit(tables)
        self._leases = MemoryLeases(tables)

    @property
    def directory(self) -> MemoryDirectory:
        """Agencies and systems."""
        return self._directory

    @property
    def agency_history(self) -> MemoryAgencyHistory:
        """Changes of agencies."""
        return self._agency_history

    @property
    def recipient_lists(self) -> MemoryRecipientLists:
        """Saved lists of recipients."""
        return self._recipient_lists

    @property
    def delegations(self) -> MemoryDelegations:
        """Delegations."""
        return self._delegations

    @property
    def envelopes(self) -> MemoryEnvelopes:
        """Envelopes, deliveries, receipts."""
        return self._envelopes

    @property
    def documents(self) -> MemoryDocuments:
        """Documents by their names and ties."""
        return self._documents

    @property
    def deliveries(self) -> MemoryDeliveries:
        """Deliveries as queues."""
        return self._deliveries

    @property
    def docket(self) -> MemoryDocket:
        """What reached whom, what is late, and counts."""
        return self._docket

    @property
    def registers(self) -> MemoryRegisters:
        """Register numbers."""
        return self._registers

    @property
    def mailboxes(self) -> MemoryMailboxes:
        """Mail as people look through it."""
        return self._mailboxes

    @property
    def notices(self) -> MemoryNotices:
        """Subscriptions and notices."""
        return self._notices

    @property
    def log(self) -> MemoryLog:
        """The log."""
        return self._log

    @property
    def ca_journals(self) -> MemoryCaJournals:
        """Positions of the CAs' journals."""
        return self._ca_journals

    @property
    def signing(self) -> MemorySigning:
        """Signatures made elsewhere."""
        return self._signing

    @property
    def uploads(self) -> MemoryUploads:
        """Bodies that come in pieces."""
        return self._uploads

    @property
    def accounts(self) -> MemoryAccounts:
        """People who may call the hub."""
        return self._accounts

    @property
    def sessions(self) -> MemorySessions:
        """Their sessions."""
        return self._sessions

    @property
    def controls(self) -> MemoryControls:
        """What operators switch."""
        return self._controls

    @property
    def usage(self) -> MemoryUsage:
        """What callers have used."""
        return self._usage

    @property
    def retention(self) -> MemoryRetention:
        """Bodies that may go."""
        return self._retention

    @property
    def audit(self) -> MemoryAudit:
        """The audit trail."""
        return self._audit

    @property
    def leases(self) -> MemoryLeases:
        """Leases."""
        return self._leases

    async def ready(self) -> bool:
        """Memory always answers."""
        return True

    async def free_bytes(self) -> int | None:
        """Nothing is on a disk."""
        return None

    async def close(self) -> None:
        """Nothing is open."""
