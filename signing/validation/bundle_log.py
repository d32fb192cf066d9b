"""Evidence of the log: each event of a bundle is in the log, at the place it says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas.errors import ErrorCode, SchemaError
from schemas.evidence import LogEntry, TreeHead, read_proof
from schemas.identifiers import EnvelopeId
from schemas.receipt import AcceptanceReceipt, StepReceipt
from schemas.vocabulary import LogEntryType
from signing.validation.dates import contradicted, is_after, may_hold, out_of_order
from signing.validation.delegations import LoggedDelegation
from signing.validation.findings import Finding, format_failure, not_checked

_STEPS = frozenset({LogEntryType.STEP, LogEntryType.STATUS})
"""Entries over the bytes of a step receipt."""


@dataclass(frozen=True, slots=True)
class LoggedStep:
    """A step receipt, and what its log entry must be about.

    Args:
        receipt: what it says.
        content: its bytes.
    """

    receipt: StepReceipt
    content: bytes

    @property
    def event(self) -> tuple[LogEntryType, EnvelopeId]:
        """Type and subject of the entry; a step that a status took has the status'."""
        if self.receipt.status_envelope_id:
            return LogEntryType.STATUS, self.receipt.status_envelope_id
        return LogEntryType.STEP, self.receipt.envelope_id

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


@dataclass(frozen=True, slots=True)
class ProvedEntry:
    """An entry that is in the log, and where."""

    entry: LogEntry
    index: int


Proved = Mapping[str, ProvedEntry | None]
"""The entries of a bundle by member; None where a proof does not hold."""


def proved_entries(proofs: Mapping[str, bytes], head: TreeHead) -> Proved:
    """Hold the log entries of a bundle to a head.

    Args:
        proofs: the members with log entries.
        head: what the log's key signed.
    """
    return {name: _proved(data, head) for name, data in proofs.items()}


def accepted_since(proved: Proved, envelope_id: EnvelopeId) -> datetime | None:
    """Tell when the log says that an envelope was accepted."""
    event = (LogEntryType.ACCEPTED, envelope_id)
    entries = (one.entry for one in proved.values() if one is not None)
    found = (one.at for one in entries if (one.type, one.subject) == event)
    return next(found, None)


def attested_since(
    proved: Proved, contents: Mapping[str, bytes]
) -> Mapping[str, datetime]:
    """Tell since when receipts are proven to exist, by the entries over their bytes.

    Args:
        proved: what is in the log.
        contents: the receipts by member, much in the order of the log.
    """
    left, found = dict(contents), dict[str, datetime]()
    for one in proved.values():
        if one is None or one.entry.type not in _STEPS:
            continue
        attests = one.entry.attests
        name = next((name for name, data in left.items() if attests(data)), None)
        if name is not None:
            found[name] = one.entry.at
            del left[name]
    return found


def log_findings(proved: Proved, head: TreeHead, events: Events) -> Iterator[Finding]:
    """Find proofs that do not hold, and events without a proof.

    Args:
        proved: the log entries.
        head: what the log's key signed.
        events: what must be proved.
    """
    open_events = dict(events.steps)
    is_accepted = False
    for name, one in proved.items():
        if one is None:
            yield format_failure(ErrorCode.LOG_PROOF_INVALID, name)
            continue
        entry = one.entry
        attested = _attested(entry, open_events)
        if attested is not None:
            step = open_events.pop(attested)
            yield from _step_date(step, attested, entry, events.acceptance)
        elif _is_acceptance(entry, events.acceptance):
            is_accepted = True
            yield from _acceptance_date(entry, events)
        elif not any(one.is_attested_by(entry) for one in events.delegations):
            yield format_failure(ErrorCode.LOG_PROOF_INVALID, name)
    yield from _entry_dates(proved, head)
    if not is_accepted:
        yield not_checked(ErrorCode.BUNDLE_INCOMPLETE, events.acceptance_name)
    unfiled = (one.name for one in events.delegations if one.filed_at is None)
    for name in (*open_events, *unfiled):
        yield not_checked(ErrorCode.BUNDLE_INCOMPLETE, name)


def _proved(data: bytes, head: TreeHead) -> ProvedEntry | None:
    try:
        entry, proof = read_proof(data)
        proof.verify(entry, head)
    except SchemaError:
        return None
    return ProvedEntry(entry, proof.index)


def _step_date(
    step: LoggedStep, name: str, entry: LogEntry, acceptance: AcceptanceReceipt
) -> Iterator[Finding]:
    """Find a step that was not taken when its receipt says."""
    receipt = step.receipt
    if not may_hold(
        receipt.at,
        logged=entry.at,
        accepted=acceptance.accepted_at,
        by_hub=receipt.issuer == acceptance.hub_id,
    ):
        yield contradicted(name)


def _acceptance_date(entry: LogEntry, events: Events) -> Iterator[Finding]:
    """Find an acceptance dated otherwise than the entry it promises."""
    if entry.at != events.acceptance.accepted_at:
        yield contradicted(events.acceptance_name)


def _entry_dates(proved: Proved, head: TreeHead) -> Iterator[Finding]:
    """Find entries dated after the head over them, or before what precedes them."""
    places = [
        (name, one.index, one.entry.at)
        for name, one in proved.items()
        if one is not None
    ]
    late = [name for name, _, at in places if is_after(at, head.at)]
    yield from map(contradicted, (*late, *out_of_order(places)))


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
