"""The 29 kinds of Decree 30/2020."""

import unicodedata

import pytest

from schemas.document_kinds import (
    DOCUMENT_KINDS,
    DocumentKind,
    document_kind_by_abbreviation,
    document_kind_by_name,
)


def test_there_are_29_kinds_coded_in_order() -> None:
    assert [kind.code for kind in DOCUMENT_KINDS] == [f"{n:02}" for n in range(1, 30)]


def test_only_official_letters_and_public_letters_have_no_abbreviation() -> None:
    without = [kind.name for kind in DOCUMENT_KINDS if not kind.abbreviation]
    assert without == ["Công văn", "Thư công"]


def test_names_and_abbreviations_are_composed_and_unique() -> None:
    names = [kind.name for kind in DOCUMENT_KINDS]
    abbreviations = [one.abbreviation for one in DOCUMENT_KINDS if one.abbreviation]
    assert len(set(names)) == len(names)
    assert len(set(abbreviations)) == len(abbreviations)
    assert all(unicodedata.is_normalized("NFC", text) for text in names + abbreviations)


@pytest.mark.parametrize("kind", DOCUMENT_KINDS)
def test_a_kind_is_found_by_its_name_and_abbreviation(kind: DocumentKind) -> None:
    assert document_kind_by_name(kind.name) is kind
    if kind.abbreviation:
        assert document_kind_by_abbreviation(kind.abbreviation) is kind


@pytest.mark.parametrize(
    "name", ["Quyết định", "QUYẾT  ĐỊNH", unicodedata.normalize("NFD", " quyết định ")]
)
def test_a_name_is_found_in_any_case_spacing_and_composition(name: str) -> None:
    found = document_kind_by_name(name)
    assert found is not None
    assert found.abbreviation == "QĐ"


def test_the_case_of_an_abbreviation_counts() -> None:
    instruction = document_kind_by_abbreviation("CT")
    programme = document_kind_by_abbreviation("CTr")
    assert instruction is not None
    assert programme is not None
    assert (instruction.name, programme.name) == ("Chỉ thị", "Chương trình")
    assert document_kind_by_abbreviation("ctr") is None


@pytest.mark.parametrize("text", ["", "UBND", "Luật"])
def test_what_is_no_kind_is_not_found(text: str) -> None:
    assert document_kind_by_name(text) is None
    assert document_kind_by_abbreviation(text) is None
