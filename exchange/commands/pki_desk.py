"""The registration desk at the command line: opening it, operators, requests shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.output import Output
from exchange.commands.pki_files import ca_folder, open_ca, passphrase_in
from pki.registration.desk import RegistrationDesk
from pki.registration.records import OperatorProof, RegistrationRequest
from schemas.errors import Text
from schemas.timestamps import format_utc


@contextmanager
def open_desk(arguments: Arguments) -> Iterator[RegistrationDesk]:
    """Open the CA of a command and its desk.

    Raises:
        PkiError: there is none, or a file or the passphrase is wrong.
    """
    with (
        open_ca(arguments) as hierarchy,
        RegistrationDesk.open(ca_folder(arguments), hierarchy) as desk,
    ):
        yield desk


def declare_proofs(parser: Parser) -> None:
    """Declare the operators who agree: a name and a file each."""
    parser.add_argument(
        "--operator",
        action="append",
        default=[],
        metavar="NAME",
        help="người vận hành / operator, once per operator",
    )
    parser.add_argument(
        "--operator-passphrase-file",
        dest="desk_passphrase_file",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="mật khẩu của người đó / passphrase of that operator",
    )


def proofs(arguments: Arguments) -> tuple[OperatorProof, ...]:
    """Return the operators who agree.

    Raises:
        PkiError: a file is unreadable, or open to others.
        UsageError: not as many files as names.
    """
    names, files = arguments.operator, arguments.desk_passphrase_file
    if len(names) != len(files):
        raise UsageError("--operator NAME --operator-passphrase-file FILE: 1 = 1")
    return tuple(
        OperatorProof(
            name=name,
            passphrase=passphrase_in(file) or b"",
            reason=getattr(arguments, "why", ""),
        )
        for name, file in zip(names, files, strict=True)
    )


def one_proof(arguments: Arguments) -> OperatorProof:
    """Return the one operator who acts.

    Raises:
        UsageError: none, or several.
    """
    found = proofs(arguments)
    if len(found) != 1:
        raise UsageError("--operator NAME --operator-passphrase-file FILE: 1")
    return found[0]


def request_facts(request: RegistrationRequest) -> dict[str, object]:
    """Return a request for programs."""
    names = request.application.names
    return {
        "request": request.id,
        "state": request.state.value,
        "kind": request.application.kind.value,
        "name": names.common_name,
        "agency": names.organ_id or "",
        "submitter": request.submitter,
        "submitted_at": format_utc(request.submitted_at),
        "approvals": [one.operator for one in request.approvals],
        "needed": request.needed,
        "serial": "" if request.serial is None else f"{request.serial:x}",
        "code": request.code,
    }


def told_waiting(request: RegistrationRequest, output: Output) -> None:
    """Say that a request waits, and for how many."""
    missing = request.needed - len(request.approvals)
    output.result(
        request_facts(request),
        Text(
            f"Đã nhận yêu cầu {request.id}; còn chờ {missing} người duyệt",
            f"Request {request.id} is filed; {missing} approval(s) missing",
        ),
    )


def told_state(request: RegistrationRequest, output: Output) -> None:
    """Say how a request stands."""
    if request.serial is None and request.needed > len(request.approvals):
        told_waiting(request, output)
        return
    facts = request_facts(request)
    text = f"{request.id}: {request.state} {facts['serial']}".rstrip()
    output.result(facts, Text(text, text))
