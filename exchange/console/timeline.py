"""What happened to a document, in order, as a page shows it."""

from dataclasses import dataclass
from datetime import datetime

from exchange.domain.records import StoredReceipt
from exchange.usecases.trace_envelope import Trace
from schemas.identifiers import OrganId
from schemas.receipt import Finding, StepReceipt
from schemas.vocabulary import Step

_BAD = frozenset({Step.QUARANTINED, Step.FAILED, Step.REFUSED, Step.DEAD_LETTERED})
_UNSURE = frozenset({Step.HELD, Step.RECALL_REQUESTED, Step.DECLINED, Step.REDIRECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened.

    Args:
        words: key of its name.
        mood: ``good``, ``bad`` or ``unsure``.
        recipient: whom it concerns; None for all.
        key: of the receipt that attests it; empty for the acceptance.
        description: why the hub stopped it, in an operator's words.
        findings: why the hub stopped it, by attachment.
    """

    at: datetime
    words: str
    mood: str
    recipient: OrganId | None
    key: str = ""
    description: str = ""
    findings: tuple[Finding, ...] = ()


def timeline_of(trace: Trace) -> tuple[TimelineEntry, ...]:
    """Return acceptance and all steps, oldest first."""
    accepted = TimelineEntry(
        at=trace.envelope.accepted_at,
        words="mail.accepted",
        mood="good",
        recipient=None,
    )
    steps = (_entry(one, trace.stated.get(one.key)) for one in trace.receipts)
    return (accepted, *sorted(steps, key=lambda one: one.at))


def _entry(one: StoredReceipt, stated: StepReceipt | None) -> TimelineEntry:
    return TimelineEntry(
        at=one.recorded_at,
        words=f"step.{one.step}",
        mood=mood_of(one.step),
        recipient=one.recipient,
        key=one.key,
        description=stated.description if stated else "",
        findings=stated.findings if stated else (),
    )


def mood_of(step: Step) -> str:
    """Return whether a step is ``good``, ``bad`` or ``unsure`` news."""
    if step in _BAD:
        return "bad"
    return "unsure" if step in _UNSURE else "good"
