"""`lienthong pki agencies`: the agencies certificates may name."""

from pathlib import Path

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.files import read_file
from exchange.commands.output import Output
from exchange.commands.pki_desk import declare_proofs, open_desk, proofs
from exchange.commands.pki_files import act_of, declare_why
from exchange.domain.directory_file import read_directory
from pki.registration.records import KnownAgency
from schemas.errors import Text


def declare_agencies(parser: Parser) -> None:
    """Declare the arguments of `agencies`."""
    parser.add_argument(
        "file", type=Path, help="danh bạ CSV hoặc JSON / directory, CSV or JSON"
    )
    declare_proofs(parser)
    declare_why(parser)


def agencies(arguments: Arguments, output: Output) -> None:
    """Know the agencies of a directory file; the same form as `agencies import`."""
    found = [
        KnownAgency(
            code=one.code,
            name=one.name,
            closed_at=one.valid_to,
            successor=one.successor,
        )
        for one in read_directory(read_file(arguments.file))
    ]
    with open_desk(arguments) as desk:
        desk.set_agencies(found, act_of(arguments), proofs(arguments))
        known = len(desk.agencies())
    output.result(
        {"read": len(found), "known": known},
        Text(f"Đã biết {known} cơ quan", f"{known} agencies are known"),
    )
