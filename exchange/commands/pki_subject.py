"""Whom a certificate is to name, as arguments."""

from exchange.commands.arguments import Arguments, Parser, UsageError
from pki.ca.profiles import PROFILES
from pki.names import SubjectFields, composed
from schemas.identifiers import parse_organ_id, parse_system_id

_MOST_DAYS = 36_500
_END_KINDS = [kind.value for kind, profile in PROFILES.items() if not profile.is_ca]


def declare_subject(parser: Parser) -> None:
    """Declare the kind and the names of a certificate."""
    declare_kind(parser)
    parser.add_argument("--name", required=True, help="tên chủ thể / common name")
    parser.add_argument("--organisation", default="", help="cơ quan / organisation")
    parser.add_argument("--unit", default="", help="đơn vị / unit")
    parser.add_argument(
        "--agency", metavar="CODE", help="mã định danh cơ quan / agency code"
    )
    parser.add_argument("--system", metavar="ID", help="mã hệ thống / system id")
    parser.add_argument(
        "--dns", action="append", default=[], help="tên máy chủ / host name"
    )
    parser.add_argument(
        "--ip", action="append", default=[], help="địa chỉ máy chủ / address"
    )


def declare_kind(parser: Parser) -> None:
    """Declare the kind of a certificate."""
    parser.add_argument("kind", choices=_END_KINDS, help="loại chứng thư / kind")


def declare_days(parser: Parser) -> None:
    """Declare how long a certificate counts."""
    parser.add_argument(
        "--days", type=_days, help="số ngày hiệu lực / days of validity"
    )


def subject_of(arguments: Arguments) -> SubjectFields:
    """Return whom the arguments name.

    Raises:
        IdentifierError: a malformed code of an agency or system.
    """
    return SubjectFields(
        common_name=composed(arguments.name),
        organisation=composed(arguments.organisation),
        unit=composed(arguments.unit),
        organ_id=parse_organ_id(arguments.agency) if arguments.agency else None,
        system_id=parse_system_id(arguments.system) if arguments.system else None,
        dns_names=tuple(arguments.dns),
        ip_addresses=tuple(arguments.ip),
    )


def _days(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _MOST_DAYS:
        raise UsageError(f"--days {text}: 1-{_MOST_DAYS}")
    return int(text)
