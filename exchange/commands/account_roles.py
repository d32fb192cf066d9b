"""Roles of people as the command line writes them: ``ROLE[@CODE][:YYYY-MM-DD]``."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.domain.accounts import Grant
from exchange.domain.roles import AccessRole
from schemas.identifiers import parse_organ_id
from schemas.timestamps import VIETNAM

_PEOPLE = sorted(frozenset(AccessRole) - {AccessRole.SYSTEM})


def declare_roles(parser: Parser) -> None:
    """Declare the argument that gives roles."""
    parser.add_argument(
        "--role",
        action="append",
        required=True,
        metavar="ROLE[@CODE][:DATE]",
        help=(
            f"{', '.join(_PEOPLE)}; @ mã cơ quan, : ngày cuối; lặp lại được / "
            "@ agency, : last day; repeatable"
        ),
    )


def roles_of(arguments: Arguments, now: datetime) -> tuple[Grant, ...]:
    """Return the roles that are given, from now on.

    Raises:
        UsageError: one is none.
        IdentifierError: an agency code is none.
    """
    return tuple(_grant(text, now) for text in arguments.role)


def told(grants: Iterable[Grant]) -> str:
    """Write roles for people as they are given, with the last day of those that end."""
    return ", ".join(map(_told, grants)) or "-"


def _told(grant: Grant) -> str:
    agency = f"@{grant.agency}" if grant.agency else ""
    return f"{grant.role}{agency}{_last_day(grant)}"


def _last_day(grant: Grant) -> str:
    if grant.valid_to is None:
        return ""
    last = (grant.valid_to - timedelta(milliseconds=1)).astimezone(VIETNAM)
    return f":{last.date().isoformat()}"


def _grant(text: str, now: datetime) -> Grant:
    named, _, last = text.partition(":")
    role, _, agency = named.partition("@")
    if role not in _PEOPLE:
        raise UsageError(f"--role {text}: {', '.join(_PEOPLE)}")
    return Grant(
        role=AccessRole(role),
        agency=parse_organ_id(agency) if agency else None,
        valid_from=now,
        valid_to=_end_of(last) if last else None,
    )


def _end_of(text: str) -> datetime:
    """Return the end of a day, as people here count days."""
    try:
        following = date.fromisoformat(text) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--role …:{text}: YYYY-MM-DD") from error
    return datetime.combine(following, time(), VIETNAM)
