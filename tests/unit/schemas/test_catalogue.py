import unicodedata
from importlib import import_module
from pkgutil import iter_modules

import pytest

from schemas import explanations
from schemas.catalogue import CATALOGUE, explain
from schemas.errors import ErrorCode, Explanation
from schemas.explanations import exchange_rules

AREAS = [
    module
    for one in iter_modules(explanations.__path__)
    if hasattr(
        module := import_module(f"{explanations.__name__}.{one.name}"), "EXPLANATIONS"
    )
]
VIETNAMESE = set("ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ")
ALL = [pytest.param(one, id=code) for code, one in CATALOGUE.items()]


def test_every_code_has_its_explanation() -> None:
    assert [code.name for code in ErrorCode if code not in CATALOGUE] == []


def test_no_code_is_explained_in_two_areas() -> None:
    explained = [code for area in AREAS for code in area.EXPLANATIONS]
    assert len(explained) == len(set(explained)) == len(CATALOGUE)


def test_explain_gives_the_entry_of_the_code() -> None:
    found = explain(ErrorCode.SECRECY_MARK)
    assert found is exchange_rules.EXPLANATIONS[ErrorCode.SECRECY_MARK]


def test_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CATALOGUE[ErrorCode.USAGE] = explain(ErrorCode.USAGE)  # type: ignore[index]  # the point of the test


@pytest.mark.parametrize("explanation", ALL)
def test_sentences_are_whole_composed_and_in_their_language(
    explanation: Explanation,
) -> None:
    for text in (explanation.message, explanation.next):
        for sentence in (text.vi, text.en):
            assert sentence.endswith(".")
            assert sentence == unicodedata.normalize("NFC", sentence)
            assert sentence == " ".join(sentence.split())
        assert set(text.vi.lower()) & VIETNAMESE
        assert not set(text.en.lower()) & VIETNAMESE
