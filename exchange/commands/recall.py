"""`lienthong recall`: ask a document back."""

from datetime import UTC, datetime

from clients.messages import prepare_status
from clients.reading import StatusReport, status_on
from exchange.commands.arguments import Arguments, Parser, parse_envelope_id
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from schemas.errors import Text
from schemas.identifiers import EnvelopeId, parse_organ_id
from schemas.vocabulary import StatusCode


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument(
        "envelope", type=parse_envelope_id, help="mã trên trục / the hub's id"
    )
    parser.add_argument("--reason", required=True, help="lý do / reason")
    parser.add_argument(
        "--recipient",
        metavar="CODE",
        help="chỉ thu hồi ở nơi này, mặc định mọi nơi / from this one, by default all",
    )


def run(arguments: Arguments, output: Output) -> int:
    """Ask back a document that this agency sent."""
    envelope_id: EnvelopeId = arguments.envelope
    recipient = parse_organ_id(arguments.recipient) if arguments.recipient else None

    async def act(session: Session) -> int:
        agency = session.profile.agency
        found = await session.client.trace(agency, envelope_id)
        now = datetime.now(UTC)
        report = StatusReport(
            reporter=agency,
            code=StatusCode.RECALL_REQUESTED,
            at=now,
            description=arguments.reason,
        )
        status = status_on(found.subject(of=recipient or agency), report)
        message = prepare_status(status, credential=session.credential, at=now)
        await session.client.recall(envelope_id, message)
        after = await session.client.trace(agency, envelope_id)
        states = {one.agency: one.state for one in after.deliveries}
        output.result(
            {"id": envelope_id, "deliveries": states},
            Text(
                f"Đã đề nghị thu hồi {envelope_id}; xem: lienthong trace {envelope_id}",
                f"Asked {envelope_id} back; see: lienthong trace {envelope_id}",
            ),
        )
        return 0

    return with_hub(arguments, output, act)
