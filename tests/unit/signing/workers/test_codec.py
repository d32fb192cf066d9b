"""Results come back as declared, or not at all."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from schemas.errors import ErrorCode
from schemas.verdict import Verdict
from signing.pades.text_lines import DocumentText, TextLine, TextWord
from signing.workers.codec import decode, encode
from signing.workers.failure import WorkerFailure
from tests.support.judged_pdf import judged, person_signed, sealed

_Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize("build", [person_signed, sealed, bytes])
def test_verdict_comes_back_equal(build: Callable[[], bytes]) -> None:
    verdict = judged(build())
    assert decode(encode(verdict), Verdict) == verdict


def test_nested_verdict_comes_back_equal() -> None:
    part = judged(person_signed())
    whole = Verdict(kind=part.kind, indication=part.indication, parts=(part, part))
    assert decode(encode(whole), Verdict) == whole


def test_lines_come_back_equal() -> None:
    lines = ("ỦY BAN NHÂN DÂN", "")
    assert decode(encode(lines), tuple[str, ...]) == lines


TEXT = DocumentText(
    (TextLine(1, "Số:", 1.5, 2, 3, 4, (TextWord("Số:", 1, 2.5, 2),)),), ("Số:",)
)


def test_printed_text_comes_back_equal() -> None:
    assert decode(encode(TEXT), DocumentText) == TEXT


@pytest.mark.parametrize("number", ["1", None, True, "NaN", float("nan"), 1e999])
def test_place_that_is_no_finite_number_is_a_failure(number: object) -> None:
    answer = json.loads(encode(TEXT))
    answer["lines"][0]["left"] = number
    with pytest.raises(WorkerFailure):
        decode(json.dumps(answer).encode(), DocumentText)


def test_page_that_is_no_whole_number_is_a_failure() -> None:
    answer = json.loads(encode(TEXT))
    answer["lines"][0]["page"] = 1.5
    with pytest.raises(WorkerFailure):
        decode(json.dumps(answer).encode(), DocumentText)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.pop("name"),
        lambda one: one.update(more=1),
        lambda one: one.update(indication="VALID"),
        lambda one: one.update(indication=1),
        lambda one: one.update(name=None),
        lambda one: one.update(signatures={}),
        lambda one: one.update(signatures=["x"]),
        lambda one: one["signatures"][0].update(intact=1),
        lambda one: one["signatures"][0].update(intact="true"),
        lambda one: one["signatures"][0].update(signing_time=5),
        lambda one: one["signatures"][0].update(signing_time="yesterday"),
        lambda one: one["signatures"][0]["chain"][0].update(not_before=None),
    ],
)
def test_answer_of_another_shape_is_a_failure(change: _Change) -> None:
    answer = json.loads(encode(judged(person_signed())))
    change(answer)
    with pytest.raises(WorkerFailure) as failure:
        decode(json.dumps(answer).encode(), Verdict)
    assert failure.value.code is ErrorCode.PARSER_FAILED


@pytest.mark.parametrize(
    "answer", [b"", b"null", b"[]", b"\xff", b"{}", b"[" * 100_000, b'"x"']
)
def test_other_bytes_are_a_failure(answer: bytes) -> None:
    with pytest.raises(WorkerFailure):
        decode(answer, Verdict)


def test_lines_of_other_type_are_a_failure() -> None:
    with pytest.raises(WorkerFailure):
        decode(b"[1]", tuple[str, ...])
