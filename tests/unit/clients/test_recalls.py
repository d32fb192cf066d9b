"""What the client library reads of a recall: ties, what is asked back, its receipts."""

import pytest

from clients.answers import Tie, _is_asked_back, _tie
from clients.reading import StatusReport, status_on
from schemas.edxml.document import ResponseFor
from schemas.identifiers import DocumentId, OrganId
from schemas.vocabulary import StatusCode
from tests.support.pki import NOW


@pytest.mark.parametrize(
    ("recall", "state", "expected"),
    [
        (None, "acknowledged", False),
        ({"request": "R", "answer": None}, "acknowledged", True),
        ({"request": "R", "answer": None}, "recalled", False),
        ({"request": "R", "answer": "16"}, "acknowledged", False),
    ],
    ids=["not asked", "asked", "recalled at once", "declined"],
)
def test_delivery_is_asked_back_until_it_is_answered(
    recall: dict[str, object] | None, state: str, *, expected: bool
) -> None:
    assert _is_asked_back({"recall": recall, "state": state}) is expected


def test_delivery_of_an_older_hub_is_not_asked_back() -> None:
    assert not _is_asked_back({"state": "available"})


def test_tie_to_what_the_hub_never_held_has_its_document_id() -> None:
    fields = {"kind": "replaces", "id": None, "document_id": "7c1a"}
    assert _tie(fields, is_later=False) == Tie(
        kind="replaces", envelope_id="", document_id="7c1a", is_later=False
    )


def test_status_on_a_document_needs_no_more_than_its_names() -> None:
    subject = ResponseFor(organ_id=OrganId("H99"), document_id=DocumentId("7c1a"))
    report = StatusReport(
        reporter=OrganId("H99.151"),
        code=StatusCode.RECALL_REQUESTED,
        at=NOW,
        description="Sai thẩm quyền",
    )
    status = status_on(subject, report)
    assert (status.response_for, status.status_code) == (subject, "13")
    assert status.sender.organ_id == "H99.151"
