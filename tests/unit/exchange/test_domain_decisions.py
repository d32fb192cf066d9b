"""The pure decisions, where no use case leads to their edges."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.domain.access import acting_agencies, is_open, view_of
from exchange.domain.addressing import Addressee
from exchange.domain.decisions import Refuse
from exchange.domain.intake import (
    Accept,
    IntakeFacts,
    IntakePolicy,
    SignerFacts,
    decide_intake,
    intake_refusals,
)
from exchange.domain.parties import ActsFor, System
from exchange.domain.records import Delivery
from exchange.domain.statuses import StatusFacts, decide_status
from exchange.domain.steps import CHECK_EFFECTS, TRANSPORT_EFFECTS, receipt_key
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import (
    READABLE_DELIVERY_STATES,
    DeliveryState,
    EvidenceLevel,
    Level,
    StatusCode,
    Step,
)
from tests.support.pki import NOW
from tests.support.stored import acceptance
from tests.support.world import COMMUNE, MINISTRY, PROVINCE, agency

DAY = timedelta(days=1)
SENDER = agency(COMMUNE, "Xã", Level.COMMUNE)
RECIPIENT = agency(PROVINCE, "Tỉnh", Level.PROVINCE)
SYSTEM = System(
    system_id=SystemId("s"),
    name="S",
    certificates=frozenset({"c" * 64}),
    acts_for=(ActsFor(COMMUNE, NOW - DAY),),
)
SIGNER = SignerFacts(certificate_sha256="f" * 64, agency=COMMUNE, signing_time=NOW)
FACTS = IntakeFacts(
    system=SYSTEM,
    directory_version=1,
    sender=Addressee(COMMUNE, SENDER),
    recipients=(Addressee(PROVINCE, RECIPIENT),),
    secrecy_place=None,
    signer=SIGNER,
    xml_size=1000,
)


def decide(**changes: object) -> Accept | Refuse:
    facts = replace(FACTS, **changes)  # type: ignore[arg-type]  # by field name
    return decide_intake(facts, IntakePolicy(), NOW)


def test_good_document_is_accepted_as_signed() -> None:
    assert decide() == Accept(
        sender=COMMUNE,
        addressed=(PROVINCE,),
        recipients=(PROVINCE,),
        evidence_level=EvidenceLevel.SIGNED,
    )


def test_document_over_a_plain_channel_is_never_called_signed() -> None:
    decision = decide(plain_channel=True)
    assert isinstance(decision, Accept)
    assert decision.evidence_level is EvidenceLevel.CHANNEL


def test_certificate_of_the_system_signs_for_the_agencies_it_acts_for() -> None:
    signer = replace(SIGNER, agency=None, certificate_sha256="c" * 64)
    assert isinstance(decide(signer=signer), Accept)


def test_certificate_without_an_agency_does_not_match_an_agency_without_old_code() -> (
    None
):
    decision = decide(signer=replace(SIGNER, agency=None))
    assert decision == Refuse(ErrorCode.SIGNER_NOT_OF_SENDER, COMMUNE)


@pytest.mark.parametrize(
    ("changes", "code", "place"),
    [
        ({"agency": None}, ErrorCode.RECIPIENT_UNKNOWN, PROVINCE),
        (
            {"agency": replace(RECIPIENT, valid_from=NOW + DAY)},
            ErrorCode.RECIPIENT_UNKNOWN,
            PROVINCE,
        ),
        (
            {"agency": replace(RECIPIENT, valid_to=NOW)},
            ErrorCode.RECIPIENT_CLOSED,
            PROVINCE,
        ),
    ],
)
def test_recipient_must_be_open_now(
    changes: dict[str, object], code: ErrorCode, place: str
) -> None:
    one = replace(FACTS.recipients[0], **changes)  # type: ignore[arg-type]  # by field
    assert decide(recipients=(one,)) == Refuse(code, place)


def test_closed_sender_is_not_acted_for() -> None:
    closed = Addressee(COMMUNE, replace(SENDER, valid_to=NOW))
    assert decide(sender=closed) == Refuse(ErrorCode.SENDER_NOT_ACTED_FOR, COMMUNE)


def test_document_without_recipients_is_refused() -> None:
    assert decide(recipients=()) == Refuse(ErrorCode.RECIPIENT_UNKNOWN, "To")


def test_all_reasons_are_named_the_senders_first() -> None:
    facts = replace(
        FACTS,
        sender=Addressee(COMMUNE, None),
        signer=Refuse(ErrorCode.SIGNATURE_INVALID, "x"),
        recipients=(Addressee(PROVINCE, None),) * 2,
        secrecy_place="MessageHeader",
    )
    codes = [one.code for one in intake_refusals(facts, IntakePolicy(), NOW)]
    assert codes == [
        ErrorCode.SENDER_NOT_ACTED_FOR,
        ErrorCode.SIGNATURE_INVALID,
        ErrorCode.RECIPIENT_UNKNOWN,
        ErrorCode.RECIPIENT_UNKNOWN,
        ErrorCode.RECIPIENT_DUPLICATE,
        ErrorCode.SECRECY_MARK,
    ]


def test_right_to_act_has_a_first_and_a_last_moment() -> None:
    rights = (
        ActsFor(COMMUNE, NOW, NOW + DAY),
        ActsFor(PROVINCE, NOW - DAY, NOW),
        ActsFor(MINISTRY, NOW + DAY),
    )
    system = replace(SYSTEM, acts_for=rights)
    assert acting_agencies(system, NOW) == {COMMUNE}


def test_agency_is_open_from_its_first_moment_to_before_its_last() -> None:
    one = replace(SENDER, valid_from=NOW, valid_to=NOW + DAY)
    moments = (NOW - DAY, NOW, NOW + DAY)
    assert [is_open(one, at) for at in moments] == [False, True, False]


@pytest.mark.parametrize("state", list(DeliveryState))
def test_recipient_reads_in_readable_states_alone(state: DeliveryState) -> None:
    envelope = acceptance().envelope
    delivery = Delivery(
        envelope_id=envelope.envelope_id, recipient=PROVINCE, state=state
    )
    view = view_of(envelope, {PROVINCE})
    assert view is not None
    assert view.may_read([delivery]) is (state in READABLE_DELIVERY_STATES)
    sender = view_of(envelope, {envelope.sender})
    assert sender is not None
    assert sender.may_read([delivery])


def test_stranger_has_no_view() -> None:
    assert view_of(acceptance().envelope, {OrganId("X77")}) is None


@pytest.mark.parametrize(
    "state", [DeliveryState.HELD, DeliveryState.QUARANTINED, DeliveryState.ACCEPTED]
)
def test_status_of_what_could_not_be_read_is_not_allowed(state: DeliveryState) -> None:
    delivery = Delivery(
        envelope_id=acceptance().envelope.envelope_id, recipient=PROVINCE, state=state
    )
    facts = StatusFacts(
        code=StatusCode.REGISTERED, reporter=PROVINCE, delivery=delivery
    )
    assert decide_status(facts) == Refuse(ErrorCode.STATUS_NOT_ALLOWED, "03")


def test_transport_steps_start_only_from_states_a_recipient_can_read() -> None:
    for effect in TRANSPORT_EFFECTS.values():
        assert effect.before
        assert effect.before <= READABLE_DELIVERY_STATES


def test_check_ends_only_what_is_not_yet_delivered() -> None:
    for effect in CHECK_EFFECTS.values():
        assert effect.before == {DeliveryState.ACCEPTED, DeliveryState.CHECKING}


def test_receipt_key_tells_steps_of_recipients_apart() -> None:
    assert receipt_key(Step.TAKEN, PROVINCE) == "taken:H99"
    assert receipt_key(Step.DELIVERED) == "delivered"
