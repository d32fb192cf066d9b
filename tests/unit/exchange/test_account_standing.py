"""An operator sees at a glance who is locked, until when, and how one signs in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from exchange.commands.account_roles import told
from exchange.commands.account_standing import standing, ways_in
from exchange.domain.accounts import Account, AccountId, Grant
from exchange.domain.roles import AccessRole
from schemas.identifiers import OrganId

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
CLERK = Grant(
    role=AccessRole.CLERK,
    agency=OrganId("H99.151"),
    valid_from=NOW - timedelta(days=1),
    valid_to=datetime(2026, 12, 31, 17, 0, tzinfo=UTC),
)
ACCOUNT = Account(
    account_id=AccountId("van.thu"), name="Văn Thư", grants=(CLERK,), password="x"
)


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (ACCOUNT, "in use"),
        (replace(ACCOUNT, is_disabled=True), "locked"),
        (
            replace(ACCOUNT, locked_until=NOW + timedelta(minutes=15)),
            "wrong passwords, until 23/11/2026 01:15:00",
        ),
        (replace(ACCOUNT, locked_until=NOW), "in use"),
        (replace(ACCOUNT, grants=()), "no role"),
        (replace(ACCOUNT, must_change=True), "must change the password"),
    ],
)
def test_what_keeps_a_person_out_is_said(account: Account, said: str) -> None:
    assert standing(account, NOW).en == said


def test_ways_to_sign_in_are_named() -> None:
    both = replace(ACCOUNT, totp=b"x", certificates=frozenset({"ab"}))
    assert [one.en for one in ways_in(both)] == [
        "password",
        "second factor",
        "certificate",
    ]
    assert list(ways_in(replace(ACCOUNT, password=None))) == []


def test_role_is_told_with_its_last_day_in_vietnam() -> None:
    auditor = Grant(role=AccessRole.AUDITOR, agency=None, valid_from=NOW)
    assert told((CLERK, auditor)) == "clerk@H99.151:2026-12-31, auditor"
