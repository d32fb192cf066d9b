"""`lienthong pki expiring`: which certificates end soon and were not renewed."""

from datetime import timedelta

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.commands.pki_files import locked_cas, open_ca, tell_locked
from pki.ca.hierarchy import system_clock
from pki.ca.profiles import ISSUING_KINDS
from pki.registration.expiry import STAGES, expiries
from schemas.errors import Text
from schemas.timestamps import format_utc

_MOST_DAYS = 3_660
_HEADS = (
    Text("Số hiệu", "Serial"),
    Text("Loại", "Kind"),
    Text("Cơ quan", "Agency"),
    Text("Hết hạn", "Not after"),
)


def declare_expiring(parser: Parser) -> None:
    """Declare the arguments of `expiring`."""
    parser.add_argument(
        "--days",
        type=int,
        choices=range(1, _MOST_DAYS + 1),
        default=STAGES[0],
        metavar="N",
        help=f"trong N ngày tới / within N days, by default {STAGES[0]}",
    )


def expiring(arguments: Arguments, output: Output) -> None:
    """List what ends within so many days."""
    now = system_clock()
    until = now + timedelta(days=arguments.days)
    with open_ca(arguments) as hierarchy:
        found = expiries(hierarchy.unrenewed(until), now)
    rows = [
        {
            "serial": f"{one.serial:x}",
            "kind": one.kind.value,
            "agency": one.agency or "",
            "not_after": format_utc(one.not_after),
        }
        for one in found
    ]
    locked = [one for one in locked_cas(arguments) if one.kind in ISSUING_KINDS]
    output.result({"expiring": rows, "locked": [str(one) for one in locked]})
    if not output.as_json:
        output.table(_HEADS, [[text or "-" for text in row.values()] for row in rows])
    tell_locked(locked, output)
