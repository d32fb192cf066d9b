"""What the documents point to is there."""

import re
from pathlib import Path

import pytest

from tests.architecture.imports import PACKAGES, ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
_SOURCE = re.compile(rf"`((?:{'|'.join(PACKAGES)}|tests)/[A-Za-z0-9_./-]+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    links = _LINK.findall(page.read_text("utf-8"))

    assert [one for one in links if not (page.parent / one).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_sources_a_page_names_exist(page: Path) -> None:
    named = _SOURCE.findall(page.read_text("utf-8"))

    assert [one for one in named if not (ROOT / one).exists()] == []
