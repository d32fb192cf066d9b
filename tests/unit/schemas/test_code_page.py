"""The published page of codes is what the catalogue says."""

from tests.architecture.imports import ROOT
from tests.support.code_table import code_page


def test_published_codes_are_those_of_the_catalogue() -> None:
    published = (ROOT / "docs" / "codes.md").read_text("utf-8")

    assert published == code_page(), "python -m tests.support.code_table"
