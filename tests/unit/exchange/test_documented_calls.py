"""docs/protocol.md names every call, and what it shows as an envelope is one."""

import re

import pytest

from exchange.http.routes import AGENCY_LISTENER
from schemas.edxml.document import EdxmlDocument
from schemas.edxml.reader import read
from schemas.xml import parse
from tests.architecture.imports import ROOT

PAGE = (ROOT / "docs" / "protocol.md").read_text("utf-8")


@pytest.mark.parametrize("path", sorted({one.path for one in AGENCY_LISTENER}))
def test_every_call_is_on_the_page(path: str) -> None:
    assert path in PAGE


def test_no_counters_are_promised_where_there_are_none() -> None:
    assert "`/metrics`" not in PAGE


def test_envelope_that_is_shown_is_one() -> None:
    (shown,) = re.findall(r"<<'XML'\n(.*?)\nXML\n", PAGE, re.DOTALL)

    document = read(parse(shown.encode()))

    assert isinstance(document, EdxmlDocument)
    assert document.sender.organ_id == "H99.152"
