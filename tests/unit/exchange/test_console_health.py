"""The headline of the operators' page says what its parts say, and nothing better."""

from dataclasses import replace

import pytest

from exchange.console.health import Concern, Parts, concerns_of
from exchange.domain.records import AuditLine
from exchange.usecases.check_parts import CheckedPart, Part
from exchange.usecases.hub_health import FollowedList, Growth
from schemas.errors import ErrorCode
from schemas.vocabulary import AuditEvent
from tests.support.pki import NOW

_LIST = FollowedList(issuer="CA", this_update=NOW, next_update=NOW, mood="good")
_AUDIT = AuditLine(at=NOW, event=AuditEvent.LOG_AUDITED, actor="root")
_GROWTH = Growth(stored=1, free=14, per_day=1, before=0)
_WELL = Parts(
    degraded=(),
    lists=(_LIST,),
    last_audit=_AUDIT,
    growth=_GROWTH,
    checked=(CheckedPart(part=Part.TIME_STAMPS),),
)


@pytest.mark.parametrize(
    "parts", [_WELL, replace(_WELL, last_audit=None)], ids=["all", "no audit yet"]
)
def test_all_is_well_where_every_part_is(parts: Parts) -> None:
    assert concerns_of(parts) == ()


@pytest.mark.parametrize(
    ("parts", "concern"),
    [
        (
            replace(_WELL, degraded=("clock",)),
            Concern(mood="unsure", about="clock"),
        ),
        (
            replace(_WELL, lists=(_LIST, replace(_LIST, mood="bad"))),
            Concern(mood="bad", words="operations.lists", about="CA"),
        ),
        (
            replace(_WELL, lists=(replace(_LIST, mood="unsure"),)),
            Concern(mood="unsure", words="operations.lists", about="CA"),
        ),
        (
            replace(_WELL, last_audit=replace(_AUDIT, code="log_proof_invalid")),
            Concern(
                mood="bad", words="operations.last_audit", about="log_proof_invalid"
            ),
        ),
        (
            replace(_WELL, growth=replace(_GROWTH, free=13)),
            Concern(mood="unsure", words="operations.free"),
        ),
        (
            replace(_WELL, growth=replace(_GROWTH, free=0)),
            Concern(mood="bad", words="operations.free"),
        ),
        (
            replace(
                _WELL,
                checked=(
                    CheckedPart(part=Part.REVOCATION, code=ErrorCode.REQUEST_TIMEOUT),
                ),
            ),
            Concern(
                mood="bad", words="operations.part.revocation", about="request_timeout"
            ),
        ),
    ],
    ids=["process", "ended list", "list", "audit", "room", "no room", "asked"],
)
def test_one_part_that_is_not_well_is_named(parts: Parts, concern: Concern) -> None:
    assert concerns_of(parts) == (concern,)


def test_what_does_not_work_is_named_before_what_needs_a_look() -> None:
    ended = (replace(_LIST, mood="bad"),)
    found = concerns_of(replace(_WELL, degraded=("clock",), lists=ended))
    assert [one.mood for one in found] == ["bad", "unsure"]
