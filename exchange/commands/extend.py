"""`lienthong extend`: bring signed files to a higher level, each in its place.

What was in a file stays its beginning; it is replaced at once, and only if nobody
changed it meanwhile.
"""

from pathlib import Path

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.files import read_file
from exchange.commands.level_options import LEVELS, add_service_options, services_of
from exchange.commands.output import Output, Refusal
from pki.files import replace_unchanged
from schemas.errors import CodedError, Text
from signing.errors import SigningError
from signing.pades.extend import extend_as_far
from signing.pades.levels import SigningServices
from signing.profiles import SignatureLevel

_HIGHER = [name for name in LEVELS if name != "b"]


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("file", type=Path, nargs="+", help="PDF")
    parser.add_argument(
        "--level", choices=_HIGHER, default="lt", help="mức chữ ký / level"
    )
    add_service_options(parser)


def run(arguments: Arguments, output: Output) -> int:
    """Extend every file; 1 if one was not."""
    services, level = services_of(arguments), LEVELS[arguments.level]
    results = [_extend(path, level, services, output) for path in arguments.file]
    output.result({"level": level, "files": results})
    return 1 if any("error" in one for one in results) else 0


def _extend(
    path: Path, level: SignatureLevel, services: SigningServices, output: Output
) -> dict[str, object]:
    before = read_file(path)
    try:
        done = extend_as_far(before, level=level, services=services)
        if done.data != before:
            replace_unchanged(path, before, done.data)
        if done.reason is not None:
            raise SigningError(done.reason.code, place=done.reason.place)
    except CodedError as error:
        refusal = Refusal.of(error)
        if not output.as_json:
            output.show(f"{path}:")
            output.refuse(refusal)
        return {"file": str(path), "error": refusal.as_fields()}
    added = len(done.data) - len(before)
    output.say(
        Text(f"{path}: {level}, thêm {added} byte", f"{path}: {level}, {added} bytes")
    )
    return {"file": str(path), "level": level, "added": added}
