"""Delegations: what they cover, and which make no sense."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas import xml
from schemas.delegation import Delegation, read_delegation, write_delegation
from schemas.errors import ErrorCode, SchemaError
from schemas.identifiers import OrganId

START = datetime(2026, 11, 1, tzinfo=UTC)
DELEGATE = OrganId("H99.151")
DELEGATION = Delegation(
    delegator=OrganId("H99"),
    delegate=DELEGATE,
    kinds=("22", "07"),
    valid_from=START,
    valid_to=START + timedelta(days=365),
    reason="Quyết định 12/QĐ-UBND",
)


def reread(delegation: Delegation) -> Delegation:
    return read_delegation(xml.parse(xml.serialize(write_delegation(delegation))))


def test_delegation_reads_back_as_it_was_written() -> None:
    assert reread(DELEGATION) == DELEGATION


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        pytest.param({"delegate": OrganId("H99")}, "Delegate", id="to itself"),
        pytest.param({"kinds": ()}, "Kinds", id="no kind"),
        pytest.param({"kinds": ("30",)}, "Kinds/Kind", id="unknown kind"),
        pytest.param(
            {"valid_to": START + timedelta(days=367)}, "ValidTo", id="over a year"
        ),
        pytest.param({"valid_to": START}, "ValidTo", id="no time at all"),
        pytest.param({"reason": " "}, "Reason", id="no reason"),
    ],
)
def test_delegation_without_sense_is_refused(
    changes: dict[str, object], place: str
) -> None:
    wrong = replace(DELEGATION, **changes)  # type: ignore[arg-type]  # by field name
    with pytest.raises(SchemaError) as caught:
        reread(wrong)
    assert caught.value.code is ErrorCode.DELEGATION_INVALID
    assert caught.value.place == place


@pytest.mark.parametrize(
    ("delegate", "kind", "days", "covered"),
    [
        pytest.param("H99.151", "22", 0, True, id="first moment"),
        pytest.param("H99.151", "22", 364, True, id="last day"),
        pytest.param("H99.151", "22", 365, False, id="after its end"),
        pytest.param("H99.151", "22", -1, False, id="before it began"),
        pytest.param("H99.151", "01", 0, False, id="another kind"),
        pytest.param("H99.152", "22", 0, False, id="another delegate"),
    ],
)
def test_delegation_covers_its_delegate_kinds_and_time(
    delegate: str, kind: str, days: int, *, covered: bool
) -> None:
    at = START + timedelta(days=days)
    found = DELEGATION.covers(delegate=OrganId(delegate), kind=kind, at=at)
    assert found is covered
