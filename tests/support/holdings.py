"""Everything a site's database holds, read from outside, and whether it fits together.

It is read with the driver alone: what is proved is what is stored.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import AsyncMongoClient

from schemas.evidence import LogEntry, TreeHead, read_tree_head
from schemas.merkle import EMPTY_ROOT, append, root
from schemas.receipt import AcceptanceReceipt, StepReceipt, read_receipt
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.station import Station

_COLLECTIONS = (
    "envelopes",
    "deliveries",
    "receipts",
    "log",
    "log_pending",
    "body_chunks",
    "ca_journals",
)
_UNCHECKED = {"accepted", "checking"}

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Holdings:
    """All documents of the collections of an exchange."""

    envelopes: Sequence[Document]
    deliveries: Sequence[Document]
    receipts: Sequence[Document]
    log: Sequence[Document]
    log_pending: Sequence[Document]
    body_chunks: Sequence[Document]
    ca_journals: Sequence[Document]

    @property
    def at_rest(self) -> bool:
        """Whether everything accepted is checked and sequenced."""
        waiting = [one for one in self.deliveries if one["state"] in _UNCHECKED]
        return not waiting and not self.log_pending

    @property
    def documents(self) -> Sequence[Document]:
        """The envelopes that carry documents."""
        return [one for one in self.envelopes if one["kind"] == "document"]

    def faults(self, head: TreeHead) -> list[str]:
        """Say everything that contradicts itself, or the signed head; none is right."""
        return [
            *self._log_faults(head),
            *self._entry_faults(),
            *(fault for one in self.envelopes for fault in self._body_faults(one)),
            *(fault for one in self.envelopes for fault in _receipt_faults(one)),
            *self._shown_faults(),
        ]

    def _log_faults(self, head: TreeHead) -> Iterator[str]:
        if [one["_id"] for one in self.log] != list(range(len(self.log))):
            yield "log: indexes have gaps"
        if (head.size, head.root_hash) != (len(self.log), _root(self.log)):
            yield f"log: head over {head.size} is not that of {len(self.log)} entries"

    def _entry_faults(self) -> Iterator[str]:
        names = [one["entry"] for one in self.log]
        if len(names) != len(set(names)):
            yield "log: an entry stands twice"
        for receipt in self.receipts:
            if receipt["entry"] not in names:
                yield f"receipt {receipt['_id']}: not in the log"
        entered = sum(one["number"] for one in self.ca_journals)
        if len(names) != len(self.documents) + len(self.receipts) + entered:
            yield "log: entries that belong to nothing"
        leaves = {hashlib.sha256(b"\0" + one["leaf"]).hexdigest() for one in self.log}
        for envelope in self.envelopes:
            content = _content(envelope["receipt"])
            if (
                isinstance(content, AcceptanceReceipt)
                and content.log_entry_digest not in leaves
            ):
                yield f"envelope {envelope['_id']}: its entry is not in the log"
        for one in self.log:
            LogEntry.from_bytes(one["leaf"])

    def _body_faults(self, envelope: Document) -> Iterator[str]:
        body = envelope.get("body") or b"".join(
            one["data"]
            for one in self.body_chunks
            if one["_id"].startswith(f"{envelope.get('body_chunks')}/")
        )
        if hashlib.sha256(body).hexdigest() != envelope["body_sha256"]:
            yield f"envelope {envelope['_id']}: other bytes"

    def _shown_faults(self) -> Iterator[str]:
        owners = {one["_id"]: one["envelope"] for one in self.log}
        for one in self.deliveries:
            index = one.get("log_index")
            if index is not None and owners.get(index) != one["envelope"]:
                yield f"delivery {one['_id']}: shown under a strange entry"
            if index is None:
                yield f"delivery {one['_id']}: not shown"


async def held_by(station: Station) -> Holdings:
    """Read everything from the running mongod of a station, as of one moment."""
    async with (
        AsyncMongoClient[Document](station.uri()) as client,
        client.start_session(snapshot=True) as session,
    ):
        database = client["lienthong"]
        read = [
            await database[name].find(session=session).sort("_id", 1).to_list()
            for name in _COLLECTIONS
        ]
    return Holdings(*read)


async def settled(station: Station, *, seconds: float = 30) -> Holdings:
    """Wait until everything accepted is checked and sequenced; return all of it."""
    async with asyncio.timeout(seconds):
        held = await held_by(station)
        while not held.at_rest:
            await asyncio.sleep(0.1)
            held = await held_by(station)
        return held


def read_head(content: bytes) -> TreeHead:
    """Verify a tree head and return it."""
    return read_tree_head(verify_receipt(parse(content)).content)


def _root(log: Sequence[Document]) -> bytes:
    frontier: tuple[bytes, ...] = ()
    for size, one in enumerate(log):
        leaf = hashlib.sha256(b"\0" + one["leaf"]).digest()
        frontier = append(frontier, size, leaf).frontier
    return root(frontier) if frontier else EMPTY_ROOT


def _receipt_faults(envelope: Document) -> Iterator[str]:
    receipt = _content(envelope["receipt"])
    if isinstance(receipt, AcceptanceReceipt) and (
        receipt.envelope_id,
        receipt.body_sha256,
        receipt.message_id,
    ) != (envelope["_id"], envelope["body_sha256"], envelope["message_id"]):
        yield f"envelope {envelope['_id']}: its receipt is about something else"


def _content(receipt: bytes) -> AcceptanceReceipt | StepReceipt:
    return read_receipt(verify_receipt(parse(receipt)).content)
