"""`lienthong pki code`: one-time passwords for enrolment by machines."""

from datetime import timedelta
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.files import require_absent, write_new
from exchange.commands.output import Output
from exchange.commands.pki_desk import declare_proofs, one_proof, open_desk
from exchange.commands.pki_files import act_of, declare_why
from exchange.commands.pki_subject import declare_days, declare_subject, subject_of
from pki.kinds import CertificateKind
from pki.registration.records import EnrolmentOrder
from schemas.errors import Text
from schemas.timestamps import format_utc

_MOST_HOURS = 90 * 24


def declare_code(parser: Parser) -> None:
    """Declare the arguments of `code`."""
    declare_subject(parser)
    declare_days(parser)
    parser.add_argument(
        "--valid-hours",
        type=_hours,
        default=timedelta(days=7),
        metavar="N",
        help="mã dùng được trong N giờ / hours the code can be used (168)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="ghi mật khẩu vào tệp riêng thay vì in ra / secret into a private file",
    )
    declare_proofs(parser)
    declare_why(parser)


def code(arguments: Arguments, output: Output) -> None:
    """Make a code; its secret is shown or written this once."""
    order = EnrolmentOrder(
        kind=CertificateKind(arguments.kind),
        names=subject_of(arguments),
        days=arguments.days,
    )
    if arguments.out:
        require_absent(arguments.out)
    operator = one_proof(arguments) if arguments.operator else None
    with open_desk(arguments) as desk:
        made = desk.make_code(
            order, operator, valid_for=arguments.valid_hours, act=act_of(arguments)
        )
    if arguments.out:
        write_new(arguments.out, f"{made.secret}\n".encode(), private=True)
    shown = str(arguments.out) if arguments.out else made.secret
    until = format_utc(made.expires_at)
    output.result(
        {
            "code": made.id,
            "expires_at": until,
            "file" if arguments.out else "secret": shown,
        },
        Text(
            f"Mã: {made.id}\nMật khẩu: {shown}\nDùng một lần, đến {until}",
            f"Code: {made.id}\nSecret: {shown}\nGood for one use, until {until}",
        ),
    )


def _hours(text: str) -> timedelta:
    if not text.isdecimal() or not 0 < int(text) <= _MOST_HOURS:
        raise UsageError(f"--valid-hours {text}: 1-{_MOST_HOURS}")
    return timedelta(hours=int(text))
