"""`lienthong pki revoke`, `suspend` and `release`: how a certificate stands."""

from datetime import datetime

from cryptography import x509

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.commands.pki_files import act_of, declare_why, open_ca
from exchange.commands.pki_lookup import declare_serial
from pki.ca.authority import TEMPORARY_REASONS
from pki.errors import PkiError
from schemas.errors import ErrorCode, Text
from schemas.timestamps import format_utc, in_utc

_REASONS = [one.value for one in x509.ReasonFlags if one not in TEMPORARY_REASONS]


def declare_revoke(parser: Parser) -> None:
    """Declare the arguments of `revoke`."""
    declare_serial(parser)
    parser.add_argument(
        "--reason",
        choices=_REASONS,
        default=x509.ReasonFlags.unspecified.value,
        help="lý do / reason (RFC 5280 5.3.1)",
    )
    parser.add_argument(
        "--invalidity-date",
        metavar="TIME",
        help="không còn tin cậy từ / not to be trusted since: 2026-11-20T08:00:00Z",
    )
    declare_why(parser)


def declare_suspension(parser: Parser) -> None:
    """Declare the arguments of `suspend` and `release`."""
    declare_serial(parser)
    declare_why(parser)


def revoke(arguments: Arguments, output: Output) -> None:
    """Revoke for good, and publish at once."""
    since = _time(arguments.invalidity_date) if arguments.invalidity_date else None
    with open_ca(arguments) as hierarchy:
        hierarchy.revoke(
            arguments.serial,
            x509.ReasonFlags(arguments.reason),
            invalidity_date=since,
            act=act_of(arguments),
        )
    serial = f"{arguments.serial:x}"
    dated = {"invalidity_date": format_utc(since)} if since else {}
    output.result(
        {"revoked": serial, "reason": arguments.reason, **dated},
        Text(f"Đã thu hồi {serial}", f"Revoked {serial}"),
    )


def suspend(arguments: Arguments, output: Output) -> None:
    """Revoke for a time, and publish at once."""
    with open_ca(arguments) as hierarchy:
        hierarchy.suspend(arguments.serial, act=act_of(arguments))
    serial = f"{arguments.serial:x}"
    output.result(
        {"suspended": serial},
        Text(f"Đã tạm dừng {serial}", f"Suspended {serial}"),
    )


def release(arguments: Arguments, output: Output) -> None:
    """End a suspension, and publish at once."""
    with open_ca(arguments) as hierarchy:
        hierarchy.release(arguments.serial, act=act_of(arguments))
    serial = f"{arguments.serial:x}"
    output.result(
        {"released": serial},
        Text(f"Đã phục hồi {serial}", f"Released {serial}"),
    )


def _time(text: str) -> datetime:
    """Read a time with its zone; a day alone would be read by everybody otherwise.

    Raises:
        PkiError: it is none (INVALIDITY_DATE_REFUSED).
    """
    try:
        return in_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise PkiError(ErrorCode.INVALIDITY_DATE_REFUSED) from error
