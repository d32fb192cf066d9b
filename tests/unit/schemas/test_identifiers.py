"""Identifiers: the grammars of the standards, and what circulates beside them."""

import pytest

from schemas.errors import ErrorCode, SchemaError
from schemas.identifiers import (
    DocumentCode,
    OrganId,
    OrganIdForm,
    organ_id_form,
    parse_caller_id,
    parse_message_id,
    parse_organ_id,
    parse_system_id,
    person_id,
)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("000.00.00.H49", OrganIdForm.QCVN_2016),
        ("000.21.36.H53", OrganIdForm.QCVN_2016),
        ("G12", OrganIdForm.DECISION_20_2020),
        ("G12.18", OrganIdForm.DECISION_20_2020),
        ("H01.151.03", OrganIdForm.DECISION_20_2020),
        ("H37.DN.001", OrganIdForm.DECISION_20_2020),
        ("02.44.W00", OrganIdForm.IRREGULAR),
        ("001.00.20.JB2", OrganIdForm.IRREGULAR),
        ("vxp.saas.02", OrganIdForm.IRREGULAR),
        ("0100109106", OrganIdForm.IRREGULAR),
        ("h01.151", OrganIdForm.IRREGULAR),
    ],
)
def test_an_agency_code_reads_in_its_grammar(text: str, form: OrganIdForm) -> None:
    assert parse_organ_id(f" {text}\n") == text
    assert organ_id_form(OrganId(text)) is form


def test_an_agency_code_has_at_most_35_characters() -> None:
    assert parse_organ_id("H" * 35) == "H" * 35
    with pytest.raises(SchemaError):
        parse_organ_id("H" * 36)


@pytest.mark.parametrize(
    "text",
    ["", ".", "H01.", ".H01", "H01..1", "H01 1", "H01/1", "Đ01", "H01\n1", "H٠١"],
)
def test_another_agency_code_is_refused(text: str) -> None:
    with pytest.raises(SchemaError) as refused:
        parse_organ_id(text)
    assert refused.value.code is ErrorCode.ORGAN_ID_MALFORMED


@pytest.mark.parametrize("text", ["a", "A.b_c:d-9", "x" * 128, "sha256-00ff"])
def test_a_message_id_reads_as_it_is(text: str) -> None:
    assert parse_message_id(text) == text


@pytest.mark.parametrize("text", ["", "x" * 129, "a b", "a/b", "a\n", " a", "đ"])
def test_another_message_id_is_refused(text: str) -> None:
    with pytest.raises(SchemaError) as refused:
        parse_message_id(text)
    assert refused.value.code is ErrorCode.MESSAGE_ID_MALFORMED


@pytest.mark.parametrize("text", ["a", "qlvb-suoimay", "a.b-c.9", "x" * 64])
def test_a_system_name_reads_as_it_is(text: str) -> None:
    assert parse_system_id(text) == text


@pytest.mark.parametrize("text", ["", "x" * 65, "-a", "a-", "A", "a_b", "a\n", ".."])
def test_another_system_name_is_refused(text: str) -> None:
    with pytest.raises(SchemaError) as refused:
        parse_system_id(text)
    assert refused.value.code is ErrorCode.SYSTEM_ID_MALFORMED


@pytest.mark.parametrize("text", ["qlvb-suoimay", person_id("van.thu_2"), "person:a"])
def test_a_caller_is_a_system_or_a_person(text: str) -> None:
    assert parse_caller_id(text) == text


@pytest.mark.parametrize("text", ["", "person:", "person:A", "person:a-", "hub:a"])
def test_another_caller_is_refused(text: str) -> None:
    with pytest.raises(SchemaError) as refused:
        parse_caller_id(text)
    assert refused.value.code is ErrorCode.SYSTEM_ID_MALFORMED


def test_a_document_code_prints_as_on_the_document() -> None:
    assert str(DocumentCode("214", "UBND-VHXH")) == "214/UBND-VHXH"
