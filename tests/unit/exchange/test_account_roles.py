"""Roles of people as the command line writes them."""

from argparse import Namespace
from datetime import datetime

import pytest

from exchange.commands.account_roles import roles_of
from exchange.commands.arguments import UsageError
from exchange.domain.accounts import Grant
from exchange.domain.roles import AccessRole
from schemas.timestamps import VIETNAM
from tests.support.pki import NOW
from tests.support.world import COMMUNE


def test_role_ends_with_its_last_day_in_vietnam() -> None:
    (given,) = roles_of(Namespace(role=[f"clerk@{COMMUNE}:2026-12-31"]), NOW)
    assert given == Grant(
        role=AccessRole.CLERK,
        agency=COMMUNE,
        valid_from=NOW,
        valid_to=datetime(2027, 1, 1, tzinfo=VIETNAM),
    )


@pytest.mark.parametrize("day", ["9999-12-31", "2026-13-01", "soon"])
def test_last_day_that_nothing_follows_is_wrong_usage(day: str) -> None:
    with pytest.raises(UsageError):
        roles_of(Namespace(role=[f"clerk@{COMMUNE}:{day}"]), NOW)
