"""`lienthong status`: report what became of a document."""

import json
from datetime import UTC, datetime

from clients.messages import prepare_status
from clients.reading import StatusReport, status_on
from clients.transport import Request
from exchange.commands.arguments import (
    Arguments,
    Parser,
    UsageError,
    parse_envelope_id,
)
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from exchange.commands.words import STATUSES
from schemas.errors import Text
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import StatusCode


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument(
        "envelope", type=parse_envelope_id, help="mã trên trục / the hub's id"
    )
    parser.add_argument(
        "code",
        choices=[code.value for code in StatusCode],
        help=", ".join(
            f"{code} {text.vi} / {text.en}" for code, text in STATUSES.items()
        ),
    )
    parser.add_argument("--description", default="", help="lý do / reason")
    parser.add_argument(
        "--register-number",
        type=int,
        metavar="N",
        help="số đến, cùng với 03 / number in the register of arrivals, with 03",
    )


def run(arguments: Arguments, output: Output) -> int:
    """Report a status about a document this agency received."""
    envelope_id: EnvelopeId = arguments.envelope
    number: int | None = arguments.register_number
    if number is not None and arguments.code != StatusCode.REGISTERED:
        raise UsageError("--register-number: 03")

    async def act(session: Session) -> int:
        # What is asked back cannot be fetched, and is answered all the same.
        found = await session.client.trace(session.profile.agency, envelope_id)
        now = datetime.now(UTC)
        report = StatusReport(
            reporter=session.profile.agency,
            code=StatusCode(arguments.code),
            at=now,
            description=arguments.description,
        )
        status = status_on(found.subject(of=OrganId(found.sender)), report)
        message = prepare_status(status, credential=session.credential, at=now)
        if number is not None:
            # First, so that nothing is reported under a number that is taken.
            await session.client.ask(_number(session, envelope_id, number))
        await session.client.report_status(envelope_id, message)
        meaning = STATUSES[arguments.code]
        output.result(
            {"id": envelope_id, "status": arguments.code, "register_number": number},
            Text(
                f"Đã báo {arguments.code} {meaning.vi}: {envelope_id}",
                f"Reported {arguments.code} {meaning.en}: {envelope_id}",
            ),
        )
        return 0

    return with_hub(arguments, output, act)


def _number(session: Session, envelope_id: EnvelopeId, number: int) -> Request:
    return Request(
        method="POST",
        path=f"/v1/envelopes/{envelope_id}/register-number",
        parameters={"agency": session.profile.agency},
        body=json.dumps({"number": str(number)}).encode(),
        headers={"Content-Type": "application/json"},
    )
