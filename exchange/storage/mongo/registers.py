"""Register numbers in MongoDB."""

from collections.abc import Collection, Sequence
from functools import partial

from exchange.domain.records import AuditLine, Envelope
from exchange.domain.registers import RegisterNumber
from exchange.domain.stuck import CLOCK_ASIDE, first_id_of
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import (
    Database,
    Document,
    DuplicateError,
    find_all,
)
from exchange.storage.mongo.envelope_codec import envelope_record
from exchange.storage.mongo.transactions import Transaction, in_transaction
from exchange.storage.ports.registers import SendingQuery
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import EnvelopeKind

_FIELDS = ("recipient", "year", "number")


class MongoRegisters:
    """Numbers under which documents are registered, and what was sent."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers = database["register_numbers"]

    async def record(self, number: RegisterNumber, *, audit: AuditLine) -> bool:
        """Store the number of a document, or correct it."""
        work = partial(_record, number, audit)
        try:
            await in_transaction(self._database, work)
        except DuplicateError:
            return False
        return True

    async def numbers(
        self, keys: Collection[tuple[EnvelopeId, OrganId]]
    ) -> Sequence[RegisterNumber]:
        """Numbers of deliveries."""
        if not keys:
            return ()
        wanted = {"_id": {"$in": [codec.key_of(*one) for one in keys]}}
        found = await find_all(self._numbers, wanted, sort=[("_id", 1)])
        return [_number(one) for one in found]

    async def sent(self, query: SendingQuery) -> Sequence[Envelope]:
        """Documents an agency sent within a time; their ids are in its order."""
        bounds: Document = {
            "$gt": max(first_id_of(query.since - CLOCK_ASIDE), query.after or ""),
            "$lt": first_id_of(query.until + CLOCK_ASIDE),
        }
        wanted = {
            "sender": query.sender,
            "kind": EnvelopeKind.DOCUMENT.value,
            "_id": bounds,
            "accepted_at": {"$gte": query.since, "$lt": query.until},
        }
        found = await find_all(
            self._database["envelopes"],
            wanted,
            sort=[("_id", 1)],
            limit=query.limit,
            without="body",
        )
        return [envelope_record(one) for one in found]


def _record(number: RegisterNumber, audit: AuditLine, transaction: Transaction) -> None:
    document = _document(number)
    same = {name: document[name] for name in ("_id", *_FIELDS)}
    if transaction.find_one("register_numbers", same) is not None:
        return
    key = {"_id": document["_id"]}
    transaction.replace_one("register_numbers", key, document, upsert=True)
    transaction.insert("audit", [codec.audit_document(audit)])


def _document(number: RegisterNumber) -> Document:
    return {
        "_id": codec.key_of(number.envelope_id, number.recipient),
        "envelope": number.envelope_id,
        "recipient": number.recipient,
        "year": number.year,
        "number": number.number,
        "recorded_at": number.recorded_at,
        "recorded_by": number.recorded_by,
    }


def _number(document: Document) -> RegisterNumber:
    return RegisterNumber(
        envelope_id=document["envelope"],
        recipient=document["recipient"],
        year=document["year"],
        number=document["number"],
        recorded_at=document["recorded_at"],
        recorded_by=document["recorded_by"],
    )
