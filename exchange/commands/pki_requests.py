"""`lienthong pki submit`, `requests`, `approve`, `refuse` and `collect`."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.files import read_file, require_absent, write_new
from exchange.commands.output import Output
from exchange.commands.pki_batch import told_batch
from exchange.commands.pki_desk import (
    declare_proofs,
    one_proof,
    open_desk,
    request_facts,
    told_state,
)
from exchange.commands.pki_files import act_of, declare_why
from exchange.commands.pki_merge import Approving, approve_and_run
from exchange.commands.pki_subject import declare_days, declare_subject, subject_of
from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.registration.batch_records import approve_batch
from pki.registration.records import Application, RequestState
from schemas.errors import ErrorCode, Text

_HEADS = (
    Text("Mã yêu cầu", "Request"),
    Text("Trạng thái", "State"),
    Text("Loại", "Kind"),
    Text("Duyệt", "Approvals"),
    Text("Nộp lúc", "Submitted"),
    Text("Tên", "Name"),
)


def declare_submit(parser: Parser) -> None:
    """Declare the arguments of `submit`."""
    declare_subject(parser)
    declare_days(parser)
    parser.add_argument(
        "--request", type=Path, required=True, metavar="FILE", help="PKCS#10"
    )
    parser.add_argument("--contact", default="", help="liên hệ / how to reach you")
    declare_why(parser)


def submit(arguments: Arguments, output: Output) -> None:
    """File a request."""
    application = Application(
        kind=CertificateKind(arguments.kind),
        names=subject_of(arguments),
        csr=read_file(arguments.request),
        days=arguments.days,
        contact=arguments.contact,
    )
    with open_desk(arguments) as desk:
        told_state(desk.submit(application, act_of(arguments)), output)


def declare_requests(parser: Parser) -> None:
    """Declare the arguments of `requests`."""
    states = [one.value for one in RequestState]
    parser.add_argument("--state", choices=states, help="trạng thái / state")


def requests(arguments: Arguments, output: Output) -> None:
    """List requests."""
    state = RequestState(arguments.state) if arguments.state else None
    with open_desk(arguments) as desk:
        found = [request_facts(one) for one in desk.list(state)]
    output.result({"requests": found})
    if not output.as_json:
        output.table(_HEADS, [_row(one) for one in found])


def _row(facts: dict[str, object]) -> list[str]:
    given = facts["approvals"]
    count = len(given) if isinstance(given, list) else 0
    approvals = f"{count}/{facts['needed']}"
    texts = [str(facts[one]) for one in ("request", "state", "kind")]
    return [*texts, approvals, str(facts["submitted_at"]), str(facts["name"])]


def declare_approve(parser: Parser) -> None:
    """Declare the arguments of `approve`."""
    parser.add_argument("id", help="mã yêu cầu / id of a request, batch or merger")
    declare_proofs(parser)
    declare_why(parser)


def approve(arguments: Arguments, output: Output) -> None:
    """Approve a request, a batch or a merger as one operator."""
    proof = one_proof(arguments)
    with open_desk(arguments) as desk:
        if arguments.id.startswith("batch-"):
            told_batch(approve_batch(desk.office, arguments.id, proof), output)
        elif arguments.id.startswith("merger-"):
            approving = Approving(desk.office, (proof,), act_of(arguments))
            approve_and_run(approving, arguments.id, output)
        else:
            told_state(desk.approve(arguments.id, proof), output)


def declare_refuse(parser: Parser) -> None:
    """Declare the arguments of `refuse`."""
    parser.add_argument("id", help="mã yêu cầu / id of a request")
    parser.add_argument("--reason", "--why", default="", help="lý do / reason")
    declare_proofs(parser)


def refuse(arguments: Arguments, output: Output) -> None:
    """Refuse a request."""
    proof = one_proof(arguments)
    with open_desk(arguments) as desk:
        refused = desk.refuse(arguments.id, proof, arguments.reason)
    output.result(
        request_facts(refused),
        Text(f"Đã từ chối {refused.id}", f"Refused {refused.id}"),
    )


def declare_collect(parser: Parser) -> None:
    """Declare the arguments of `collect`."""
    parser.add_argument("id", help="mã yêu cầu / id of a request")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=".pem")


def collect(arguments: Arguments, output: Output) -> None:
    """Write the certificate of a request, with its issuer's.

    Raises:
        PkiError: it waits (REQUEST_PENDING), or was refused (REQUEST_CLOSED).
    """
    require_absent(arguments.out)
    with open_desk(arguments) as desk:
        request = desk.get(arguments.id)
        certificate = desk.certificate_of(request.id)
        if certificate is None:
            waiting = request.state in {RequestState.PENDING, RequestState.APPROVED}
            code = ErrorCode.REQUEST_PENDING if waiting else ErrorCode.REQUEST_CLOSED
            raise PkiError(code, place=request.id)
        chain = desk.chain_of(certificate)
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in (certificate, *chain))
    write_new(arguments.out, pem)
    output.result(
        {**request_facts(request), "file": str(arguments.out)},
        Text(f"Đã ghi {arguments.out}", f"Written: {arguments.out}"),
    )
