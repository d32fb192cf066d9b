"""Evidence of the log: each event of a bundle is in the log, at the place it says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.errors import ErrorCode, SchemaError
from schemas.evidence import LogEntry, TreeHead, read_proof
from schemas.identifiers import EnvelopeId
from schemas.receipt import AcceptanceReceipt, StepReceipt
from schemas.vocabulary import LogEntryType
from signing.validation.delegations import LoggedDelegation
from signing.validation.findings import Finding, format_failure, not_checked


@dataclass(frozen=True, slots=True)
class LoggedStep:
    """A step receipt, and what its log entry must be about.

    Args:
        content: its bytes.
        event: type and subject of the entry.
    """

    content: bytes
    event: tuple[LogEntryType, EnvelopeId]

    @classmethod
    def of(cls, receipt: StepReceipt, content: bytes) -> "LoggedStep":
        """Tell a step that a status envelope took from any other."""
        if receipt.status_envelope_id:
            return cls(content, (LogEntryType.STATUS, receipt.status_envelope_id))
        return cls(content, (LogEntryType.STEP, receipt.envelope_id))

    def is_attested_by(self, entry: LogEntry) -> bool:
        """Tell whether `entry` records this step and nothing else."""
        is_event = (entry.type, entry.subject) == self.event
        return is_event and entry.attests(self.content)


@dataclass(frozen=True, slots=True)
class Events:
    """What must be in the log.

    Args:
        acceptance: the receipt that promised its entry.
        acceptance_name: name of its member.
        steps: the step receipts, by member.
        delegations: each filed; revoked or not.
    """

    acceptance: AcceptanceReceipt
    acceptance_name: str
    steps: Mapping[str, LoggedStep]
    delegations: tuple[LoggedDelegation, ...] = ()


def log_findings(
    proofs: Mapping[str, bytes], head: TreeHead, events: Events
) -> Iterator[Finding]:
    """Find proofs that do not hold, and events without a proof.

    Args:
        proofs: the members with log entries.
        head: what the log's key signed.
        events: what must be proved.
    """
    open_events = dict(events.steps)
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
        elif not any(one.is_attested_by(entry) for one in events.delegations):
            yield format_failure(ErrorCode.LOG_PROOF_INVALID, name)
    if not is_accepted:
        yield not_checked(ErrorCode.BUNDLE_INCOMPLETE, events.acceptance_name)
    unfiled = (one.name for one in events.delegations if one.filed_at is None)
    for name in (*open_events, *unfiled):
        yield not_checked(ErrorCode.BUNDLE_INCOMPLETE, name)


def _proved(data: bytes, head: TreeHead) -> LogEntry:
    entry, proof = read_proof(data)
    proof.verify(entry, head)
    return entry


def _is_acceptance(entry: LogEntry, acceptance: AcceptanceReceipt) -> bool:
    """Tell whether this is the entry the hub promised: over the digest of the body."""
    is_promised = entry.leaf_hash().hex() == acceptance.log_entry_digest
    event = (LogEntryType.ACCEPTED, acceptance.envelope_id)
    is_event = (entry.type, entry.subject) == event
    return (
        is_promised
        and is_event
        and entry.attests(bytes.fromhex(acceptance.body_sha256))
    )


def _attested(entry: LogEntry, steps: Mapping[str, LoggedStep]) -> str | None:
    found = (name for name, step in steps.items() if step.is_attested_by(entry))
    return next(found, None)
