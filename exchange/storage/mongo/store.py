"""All ports on MongoDB."""

import asyncio

from exchange.errors import ExchangeError, StorageUnavailableError
from exchange.storage.mongo.accounts import MongoAccounts, MongoSessions
from exchange.storage.mongo.agency_history import MongoAgencyHistory
from exchange.storage.mongo.audit import MongoAudit
from exchange.storage.mongo.ca_journals import MongoCaJournals
from exchange.storage.mongo.controls import MongoControls, MongoUsage
from exchange.storage.mongo.delegations import MongoDelegations
from exchange.storage.mongo.deliveries import MongoDeliveries
from exchange.storage.mongo.directory import MongoDirectory
from exchange.storage.mongo.docket import MongoDocket
from exchange.storage.mongo.documents import MongoDocuments
from exchange.storage.mongo.driver import (
    Client,
    available,
    open_client,
    open_database,
)
from exchange.storage.mongo.envelopes import MongoEnvelopes
from exchange.storage.mongo.leases import MongoLeases
from exchange.storage.mongo.log import MongoLog
from exchange.storage.mongo.mailboxes import MongoMailboxes
from exchange.storage.mongo.notices import MongoNotices
from exchange.storage.mongo.recipient_lists import MongoRecipientLists
from exchange.storage.mongo.registers import MongoRegisters
from exchange.storage.mongo.retention import MongoRetention
from exchange.storage.mongo.schema import prepare
from exchange.storage.mongo.signing import MongoSigning
from exchange.storage.mongo.transactions import transactions_ended
from exchange.storage.mongo.upgrading import Layout, Told, is_newer, look, upgrade
from exchange.storage.mongo.uploads import MongoUploads

_PATIENCE_SECONDS = 10.0  # a change of primary takes less
_READY_SECONDS = 2.0


async def open_mongo_storage(
    uri: str, *, database: str = "lienthong"
) -> "MongoStorage":
    """Connect, and create the collections and indexes that are missing.

    Raises:
        StorageUnavailableError: no primary answers.
        ExchangeError: a later version wrote this database (DATABASE_NEWER).
    """
    client = open_client(uri, patience_seconds=_PATIENCE_SECONDS)
    storage = MongoStorage(client, database)
    try:
        await prepare(open_database(client, database))
    except ExchangeError:
        client.close()
        raise
    return storage


async def layout_of(uri: str, *, database: str) -> Layout:
    """Tell which layout a database has and what an upgrade of it would do.

    Raises:
        StorageUnavailableError: no primary answers.
        ExchangeError: a later version wrote this database (DATABASE_NEWER).
    """
    client = open_client(uri, patience_seconds=_PATIENCE_SECONDS)
    try:
        return await look(open_database(client, database))
    finally:
        client.close()


async def upgrade_layout(uri: str, *, database: str, told: Told) -> None:
    """Bring a database to the present layout.

    Raises:
        StorageUnavailableError: no primary answers.
        ExchangeError: a later version wrote this database (DATABASE_NEWER).
    """
    client = open_client(uri, patience_seconds=_PATIENCE_SECONDS)
    try:
        await upgrade(open_database(client, database), told=told)
    finally:
        client.close()


class MongoStorage:
    """All ports of one deployment on a MongoDB replica set."""

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        database = open_database(client, name)
        self._database = database
        self._directory = MongoDirectory(database)
        self._agency_history = MongoAgencyHistory(database)
        self._recipient_lists = MongoRecipientLists(database)
        self._delegations = MongoDelegations(database)
        self._envelopes = MongoEnvelopes(database)
        self._documents = MongoDocuments(database)
        self._deliveries = MongoDeliveries(database)
        self._docket = MongoDocket(database)
        self._registers = MongoRegisters(database)
        self._notices = MongoNotices(database)
        self._log = MongoLog(database)
        self._mailboxes = MongoMailboxes(database)
        self._ca_journals = MongoCaJournals(database)
        self._signing = MongoSigning(database)
        self._uploads = MongoUploads(database)
        self._accounts = MongoAccounts(database)
        self._sessions = MongoSessions(database)
        self._controls = MongoControls(database)
        self._usage = MongoUsage(database)
        self._retention = MongoRetention(database)
        self._audit = MongoAudit(database)
        self._leases = MongoLeases(database)

    @property
    def directory(self) -> MongoDirectory:
        """Agencies and systems."""
        return self._directory

    @property
    def agency_history(self) -> MongoAgencyHistory:
        """Changes of agencies."""
        return self._agency_history

    @property
    def recipient_lists(self) -> MongoRecipientLists:
        """Saved lists of recipients."""
        return self._recipient_lists

    @property
    def delegations(self) -> MongoDelegations:
        """Delegations."""
        return self._delegations

    @property
    def envelopes(self) -> MongoEnvelopes:
        """Envelopes, deliveries, receipts."""
        return self._envelopes

    @property
    def documents(self) -> MongoDocuments:
        """Documents by their names and ties."""
        return self._documents

    @property
    def deliveries(self) -> MongoDeliveries:
        """Deliveries as queues."""
        return self._deliveries

    @property
    def docket(self) -> MongoDocket:
        """What reached whom, what is late, and counts."""
        return self._docket

    @property
    def registers(self) -> MongoRegisters:
        """Register numbers."""
        return self._registers

    @property
    def mailboxes(self) -> MongoMailboxes:
        """Mail as people look through it."""
        return self._mailboxes

    @property
    def notices(self) -> MongoNotices:
        """Subscriptions and notices."""
        return self._notices

    @property
    def log(self) -> MongoLog:
        """The log."""
        return self._log

    @property
    def ca_journals(self) -> MongoCaJournals:
        """Positions of the CAs' journals."""
        return self._ca_journals

    @property
    def signing(self) -> MongoSigning:
        """Signatures made elsewhere."""
        return self._signing

    @property
    def uploads(self) -> MongoUploads:
        """Bodies that come in pieces."""
        return self._uploads

    @property
    def accounts(self) -> MongoAccounts:
        """People who may call the hub."""
        return self._accounts

    @property
    def sessions(self) -> MongoSessions:
        """Their sessions."""
        return self._sessions

    @property
    def controls(self) -> MongoControls:
        """What operators switch."""
        return self._controls

    @property
    def usage(self) -> MongoUsage:
        """What callers have used."""
        return self._usage

    @property
    def retention(self) -> MongoRetention:
        """Bodies that may go."""
        return self._retention

    @property
    def audit(self) -> MongoAudit:
        """The audit trail."""
        return self._audit

    @property
    def leases(self) -> MongoLeases:
        """Leases."""
        return self._leases

    async def ready(self) -> bool:
        """Whether the database answers, and no later program has changed its layout."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                return not await is_newer(self._database)
        except (StorageUnavailableError, TimeoutError):
            return False

    async def free_bytes(self) -> int | None:
        """How much room is left on the disk of the primary, if it says so."""
        async with available():
            found = await self._database.command("dbStats")
        total, used = found.get("fsTotalSize"), found.get("fsUsedSize")
        return None if total is None or used is None else int(total - used)

    async def close(self) -> None:
        """Finish what was handed in, then close connections."""
        await self._envelopes.drain()
        await self._audit.drain()
        await transactions_ended(_PATIENCE_SECONDS)
        self._client.close()
