"""Evidence of the log: each event of a bundle is in the log, at the place it says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.errors import ErrorCode, SchemaError
from schemas.evidence import LogEntry, TreeHead, read_proof
from schemas.receipt import AcceptanceReceipt
from signing.validation.findings import Finding, format_failure, not_checked


@dataclass(frozen=True, slots=True)
class Events:
    """What must be in the log.

    Args:
        acceptance: the receipt that promised its entry.
        acceptance_name: name of its member.
        receipts: bytes of the step receipts, by member.
    """

    acceptance: AcceptanceReceipt
    acceptance_name: str
    receipts: Mapping[str, bytes]


def log_findings(
    proofs: Mapping[str, bytes], head: TreeHead, events: Events
) -> Iterator[Finding]:
    """Find proofs that do not hold, and events without a proof.

    Args:
        proofs: the members with log entries.
        head: what the log's key signed.
        events: what must be proved.
    """
    open_events = dict(events.receipts)
    is_accepted = False
    for name, data in proofs.items():
        try:
            entry = _proved(data, head)
        except SchemaError:
            yield format_failure(ErrorCode.LOG_PROOF_INVALID, name)
            continue
        attested = _attested(entry, open_events)
        if attested is not None:
            del open_events[attested]
        elif _is_acceptance(entry, events.acceptance):
            is_accepted = True
        else:
            yield format_failure(ErrorCode.LOG_PROOF_INVALID, name)
    if not is_accepted:
        yield not_checked(ErrorCode.BUNDLE_INCOMPLETE, events.acceptance_name)
    for name in open_events:
        yield not_checked(ErrorCode.BUNDLE_INCOMPLETE, name)


def _proved(data: bytes, head: TreeHead) -> LogEntry:
    entry, proof = read_proof(data)
    proof.verify(entry, head)
    return entry


def _is_acceptance(entry: LogEntry, acceptance: AcceptanceReceipt) -> bool:
    """Tell whether this is the entry the hub promised: over the digest of the body."""
    is_promised = entry.leaf_hash().hex() == acceptance.log_entry_digest
    return is_promised and entry.attests(bytes.fromhex(acceptance.body_sha256))


def _attested(entry: LogEntry, receipts: Mapping[str, bytes]) -> str | None:
    found = (name for name, content in receipts.items() if entry.attests(content))
    return next(found, None)
