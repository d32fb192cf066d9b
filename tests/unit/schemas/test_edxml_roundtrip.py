"""What is written reads back to the same data, whatever the data."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.edxml.document import (
    Business,
    BusinessDocumentInfo,
    DocumentType,
    EdxmlDocument,
    ManifestEntry,
    Organisation,
    OtherInfo,
    PromulgationInfo,
    Receiver,
    ReplacementInfo,
    ResponseFor,
    SignerInfo,
    StaffInfo,
    TraceHeader,
)
from schemas.edxml.reader import read
from schemas.edxml.status import EdxmlStatus
from schemas.edxml.validate import validate
from schemas.edxml.writer import write_document, write_status
from schemas.identifiers import DocumentCode, DocumentId, OrganId
from schemas.timestamps import VIETNAM
from schemas.vocabulary import BusinessType, StatusCode, Steering, Urgency
from schemas.xml import canonicalize, parse, serialize
from tests.support import edxml

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=9
)
FILLED = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
TEXT = st.just("") | FILLED
ORGAN_IDS = st.from_regex(
    r"[A-Za-z0-9]{1,5}(\.[A-Za-z0-9]{1,5}){0,4}", fullmatch=True
).map(OrganId)
DOCUMENT_IDS = FILLED.map(DocumentId)
DAYS = st.dates(date(1, 1, 2), date(9999, 12, 30))
MOMENTS = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001 the zone is given apart
    datetime(2200, 1, 1),  # noqa: DTZ001 the zone is given apart
    timezones=st.just(VIETNAM),
).map(lambda moment: moment.replace(microsecond=0))
COUNTS = st.none() | st.integers(0, 999_999_999)
FLAGS = st.none() | st.booleans()

ORGANISATIONS = st.builds(
    Organisation,
    organ_id=ORGAN_IDS,
    organization_in_charge=TEXT,
    organ_name=TEXT,
    organ_address=TEXT,
    telephone=TEXT.map(lambda text: text[:20].strip()),
)
RESPONSES = st.builds(
    ResponseFor,
    organ_id=st.none() | ORGAN_IDS,
    code=TEXT,
    promulgation_date=st.none() | DAYS,
    document_id=st.none() | DOCUMENT_IDS,
)
STAFFS = st.builds(StaffInfo, department=TEXT, staff_id=TEXT, staff=TEXT)
BUSINESSES = st.builds(
    Business,
    business_type=st.sampled_from(BusinessType),
    document_id=st.none() | DOCUMENT_IDS,
    reason=TEXT,
    paper=FLAGS,
    document_info=st.none()
    | st.builds(
        BusinessDocumentInfo,
        document_info=st.booleans(),
        document_receiver=st.booleans(),
        receivers=st.lists(
            st.builds(Receiver, organ_id=ORGAN_IDS, receiver_type=st.integers(0, 9)),
            max_size=2,
        ).map(tuple),
    ),
    replacements=st.lists(
        st.builds(
            ReplacementInfo,
            document_id=DOCUMENT_IDS,
            organ_ids=st.lists(ORGAN_IDS, max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    staff=st.none() | STAFFS,
)
OTHERS = st.builds(
    OtherInfo,
    priority=st.sampled_from(Urgency),
    sphere_of_promulgation=TEXT,
    promulgation_amount=COUNTS,
    page_amount=COUNTS,
    direction=FLAGS,
    appendixes=st.lists(FILLED, max_size=2).map(tuple),
)
ENTRIES = st.lists(
    st.builds(ManifestEntry, content_id=WORDS.map("id-{}".format), description=TEXT),
    max_size=3,
    unique_by=lambda entry: entry.content_id,
).map(tuple)
DOCUMENTS = st.builds(
    EdxmlDocument,
    sender=ORGANISATIONS,
    recipients=st.lists(ORGANISATIONS, min_size=1, max_size=2).map(tuple),
    document_id=st.none() | DOCUMENT_IDS,
    code=st.builds(DocumentCode, FILLED.map(lambda text: text[:11].strip()), TEXT),
    promulgation=st.builds(PromulgationInfo, promulgation_date=DAYS, place=TEXT),
    document_type=st.builds(DocumentType, type_name=FILLED),
    subject=FILLED,
    content=TEXT,
    signer=st.none() | st.builds(SignerInfo, competence=TEXT, full_name=TEXT),
    due_date=st.none() | DAYS,
    to_places=st.lists(FILLED, max_size=2).map(tuple),
    other=st.none() | OTHERS,
    response_for=st.lists(RESPONSES, max_size=2).map(tuple),
    steering=st.none() | st.sampled_from(Steering),
    task_codes=st.lists(FILLED, max_size=2).map(tuple),
    application_type=TEXT,
    secrecy=TEXT,
    trace=st.lists(
        st.builds(TraceHeader, organ_id=ORGAN_IDS, timestamp=st.none() | MOMENTS),
        max_size=2,
    ).map(tuple),
    business=st.none() | BUSINESSES,
    manifest=ENTRIES,
)
STATUSES = st.builds(
    EdxmlStatus,
    sender=ORGANISATIONS,
    response_for=RESPONSES,
    status_code=st.sampled_from(StatusCode),
    description=TEXT,
    timestamp=st.none() | MOMENTS,
    staff=st.none() | STAFFS,
)


def _again(message: EdxmlDocument | EdxmlStatus) -> EdxmlDocument | EdxmlStatus:
    if isinstance(message, EdxmlDocument):
        written = write_document(message)
    else:
        written = write_status(message)
    root = parse(serialize(written))
    validate(root)
    return read(root)


@settings(max_examples=80, deadline=None)
@given(DOCUMENTS)
def test_any_document_reads_back_as_written(document: EdxmlDocument) -> None:
    assert _again(document) == document


@settings(max_examples=60, deadline=None)
@given(STATUSES)
def test_any_status_reads_back_as_written(status: EdxmlStatus) -> None:
    assert _again(status) == status


@pytest.mark.parametrize(
    "build",
    [
        edxml.document,
        edxml.full_document,
        edxml.recall,
        edxml.update,
        edxml.replacement,
    ],
)
def test_each_business_of_a_document_reads_back(
    build: Callable[[], EdxmlDocument],
) -> None:
    assert _again(build()) == build()


@pytest.mark.parametrize("code", StatusCode)
def test_each_of_the_nine_statuses_reads_back(code: StatusCode) -> None:
    assert _again(edxml.status(code)) == edxml.status(code)


def test_a_recall_status_keeps_the_flipped_roles() -> None:
    flipped = replace(
        edxml.status(StatusCode.RECALL_REQUESTED),
        sender=Organisation(organ_id=edxml.PROVINCE),
        response_for=ResponseFor(organ_id=edxml.COMMUNE, document_id=edxml.EARLIER),
    )
    assert _again(flipped) == flipped


def test_moments_are_kept_to_the_second_in_vietnamese_time() -> None:
    moment = edxml.AT + timedelta(microseconds=999_999)
    trace = (TraceHeader(organ_id=edxml.COMMUNE, timestamp=moment),)
    again = _again(edxml.document(trace=trace))
    assert isinstance(again, EdxmlDocument)
    assert again.trace[0].timestamp == edxml.AT
    assert again.trace[0].timestamp.utcoffset() == timedelta(hours=7)


def test_the_envelope_alone_reads_to_the_same_document() -> None:
    envelope = write_document(edxml.full_document())[0]
    assert read(parse(canonicalize(envelope))) == edxml.full_document()


def test_a_long_recipient_list_reads_back() -> None:
    recipients = tuple(
        Organisation(organ_id=OrganId(f"H99.{number}"), organ_name="UBND xã")
        for number in range(3321)
    )
    document = edxml.document(recipients=recipients)
    assert _again(document) == document
