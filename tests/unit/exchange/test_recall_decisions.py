"""Whom a recall reaches, who answers it, and who is added or removed: pure tables."""

from dataclasses import replace

import pytest

from exchange.domain.addressing import Addressee
from exchange.domain.amendments import (
    RecipientChange,
    RecipientPlan,
    decide_recipients,
)
from exchange.domain.decisions import Refuse
from exchange.domain.links import Recall
from exchange.domain.recalls import (
    RecallPlan,
    asked_back,
    decide_answer,
    decide_recall,
    decide_reply,
    reach_of,
    recalled,
)
from exchange.domain.records import Delivery, Envelope
from exchange.domain.steps import is_readable
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import (
    READABLE_DELIVERY_STATES,
    BusinessType,
    DeliveryState,
    EnvelopeKind,
    Reach,
    StatusCode,
)
from tests.support.pki import NOW
from tests.support.stored import MINISTRY, PROVINCE, acceptance, agency, envelope_id

REQUEST, OTHER = envelope_id(8), envelope_id(9)
DOCUMENT = acceptance(1, recipients=(PROVINCE, MINISTRY)).envelope
S, C = DeliveryState, StatusCode


def addressee_of(code: OrganId) -> Addressee:
    return Addressee(code, agency(code))


NEW = addressee_of(MINISTRY)


def delivery(recipient: OrganId = PROVINCE, **changes: object) -> Delivery:
    plain = Delivery(
        envelope_id=DOCUMENT.envelope_id, recipient=recipient, state=S.AVAILABLE
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # by field name


def decide(*deliveries: Delivery, document: Envelope = DOCUMENT) -> str:
    """In one word, what becomes of the first delivery."""
    plan = decide_recall(document, deliveries)
    if isinstance(plan, Refuse):
        return plan.code
    return "at once" if deliveries[0] in plan.at_once else "asked"


@pytest.mark.parametrize("state", list(DeliveryState))
def test_recall_reaches_every_state_that_is_not_final(state: DeliveryState) -> None:
    final = {S.QUARANTINED, S.REDIRECTED, S.RECALLED, S.EXPIRED}
    expected = "at once"
    if state in final:
        expected = ErrorCode.RECALL_NOT_ALLOWED
    elif state is S.ACKNOWLEDGED:
        expected = "asked"
    assert decide(delivery(state=state)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"opened": True}, "asked"),
        ({"state": S.LEASED}, "at once"),
        ({"status": C.ARRIVED}, "asked"),
        ({"status": C.FINISHED, "state": S.ACKNOWLEDGED}, "asked"),
        ({"status": C.REFUSED, "state": S.ACKNOWLEDGED}, "recall_not_allowed"),
        ({"recall": Recall(OTHER)}, "recall_not_allowed"),
        ({"recall": Recall(OTHER, C.DECLINED), "opened": True}, "asked"),
    ],
    ids=["opened", "leased", "01", "after 06", "after 02", "open", "declined before"],
)
def test_who_had_it_is_asked(changes: dict[str, object], expected: str) -> None:
    assert decide(replace(delivery(), **changes)) == expected  # type: ignore[arg-type]  # by field name


def test_recall_reaches_those_it_can_and_leaves_the_others() -> None:
    refused = delivery(status=C.REFUSED, state=S.ACKNOWLEDGED)
    taken, waiting = delivery(MINISTRY, opened=True), delivery(OrganId("H99.1"))
    plan = decide_recall(DOCUMENT, [refused, taken, waiting])
    assert plan == RecallPlan(at_once=(waiting,), asked=(taken,))


def test_recall_from_some_leaves_the_others() -> None:
    one, two = delivery(), delivery(MINISTRY)
    plan = decide_recall(DOCUMENT, [one, two], recipients={MINISTRY})
    assert plan == RecallPlan(at_once=(two,), asked=())
    stranger = decide_recall(DOCUMENT, [one], recipients={MINISTRY})
    assert stranger == Refuse(ErrorCode.NOT_A_RECIPIENT, MINISTRY)


@pytest.mark.parametrize(
    "changes",
    [{"kind": EnvelopeKind.STATUS}, {"business_type": BusinessType.RECALL}],
    ids=["status", "recall"],
)
def test_only_documents_are_recalled(changes: dict[str, object]) -> None:
    document = replace(DOCUMENT, **changes)  # type: ignore[arg-type]  # by field name
    assert decide(delivery(), document=document) == ErrorCode.RECALL_NOT_ALLOWED


@pytest.mark.parametrize("state", sorted(READABLE_DELIVERY_STATES))
def test_reading_is_closed_from_the_request_until_it_is_declined(
    state: DeliveryState,
) -> None:
    before = delivery(state=state, opened=True)
    asked = asked_back(before, REQUEST).after
    assert is_readable(before)
    assert not is_readable(asked)
    assert not is_readable(recalled(before, REQUEST).after)
    declined = decide_answer(asked, C.DECLINED)
    agreed = decide_answer(asked, C.AGREED)
    assert not isinstance(declined, Refuse)
    assert not isinstance(agreed, Refuse)
    assert is_readable(declined.after)
    assert declined.after.state is state
    assert agreed.after.state is S.RECALLED


@pytest.mark.parametrize(
    ("recall", "state"),
    [
        (None, S.ACKNOWLEDGED),
        (Recall(REQUEST), S.RECALLED),
        (Recall(REQUEST, C.AGREED), S.RECALLED),
        (Recall(REQUEST, C.DECLINED), S.ACKNOWLEDGED),
    ],
    ids=["not asked", "taken at once", "agreed", "declined"],
)
@pytest.mark.parametrize("code", [C.AGREED, C.DECLINED])
def test_only_an_open_request_is_answered_and_once(
    recall: Recall | None, state: DeliveryState, code: StatusCode
) -> None:
    decision = decide_answer(delivery(state=state, recall=recall), code)
    assert isinstance(decision, Refuse)
    assert decision.code is ErrorCode.STATUS_NOT_ALLOWED


@pytest.mark.parametrize("code", [C.AGREED, C.DECLINED])
def test_update_is_answered_once(code: StatusCode) -> None:
    first = decide_reply(delivery(), code)
    assert not isinstance(first, Refuse)
    assert first.after.answer is code
    assert isinstance(decide_reply(first.after, C.AGREED), Refuse)


@pytest.mark.parametrize(
    ("changes", "reach"),
    [
        ({}, Reach.NOT_OPENED),
        ({"state": S.LEASED}, Reach.NOT_OPENED),
        ({"opened": True}, Reach.OPENED),
        ({"state": S.ACKNOWLEDGED}, Reach.OPENED),
        ({"status": C.ARRIVED}, Reach.OPENED),
        ({"status": C.REGISTERED}, Reach.ACTED),
        ({"status": C.FINISHED}, Reach.ACTED),
    ],
    ids=["waiting", "leased", "opened", "taken", "01", "03", "06"],
)
def test_receipt_tells_how_far_the_recipient_had_come(
    changes: dict[str, object], reach: Reach
) -> None:
    assert reach_of(replace(delivery(), **changes)) is reach  # type: ignore[arg-type]  # by field name


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], RecipientPlan()),
        ([(MINISTRY, 0)], RecipientPlan(added=(NEW,))),
        ([(PROVINCE, 1)], RecipientPlan(removed=(PROVINCE,))),
        ([(PROVINCE, 1), (MINISTRY, 0)], RecipientPlan((NEW,), (PROVINCE,))),
        ([(PROVINCE, 0)], PROVINCE),
        ([(MINISTRY, 1)], MINISTRY),
        ([(MINISTRY, 2)], MINISTRY),
        ([(MINISTRY, 0), (MINISTRY, 0)], MINISTRY),
    ],
    ids=[
        *("nothing", "adds", "removes", "both"),
        *("adds one that has it", "removes one without", "unknown", "twice"),
    ],
)
def test_change_of_recipients_must_fit_the_facts(
    changes: list[tuple[OrganId, int]], expected: RecipientPlan | OrganId
) -> None:
    listed = [
        RecipientChange(addressee_of(code), kind, frozenset({code} & {PROVINCE}))
        for code, kind in changes
    ]
    decision = decide_recipients(listed, {PROVINCE}, NOW)
    if isinstance(expected, RecipientPlan):
        assert decision == expected
    else:
        code = ErrorCode.RECIPIENT_CHANGE_CONTRADICTS
        assert decision == Refuse(code, expected)
