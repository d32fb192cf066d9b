"""`lienthong trace`: show where an envelope is and what became of it."""

from collections.abc import Iterator

from clients.answers import Trace, TracedStep
from exchange.commands.arguments import Arguments, Parser, parse_envelope_id
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from exchange.commands.words import (
    EARLIER_TIES,
    LATER_TIES,
    STATES,
    STATUSES,
    STEPS,
    local_time,
    word,
)
from schemas.errors import Text

_HEADS = (
    Text("Nơi nhận", "Recipient"),
    Text("Tình trạng", "State"),
    Text("Xử lý", "Processing"),
)
_STEP_HEADS = (
    Text("Thời điểm", "Time"),
    Text("Bước", "Step"),
    Text("Cơ quan", "Agency"),
    Text("Bên lập biên nhận", "Attested by"),
)
_TIE_HEADS = (
    Text("Liên quan", "Tie"),
    Text("Mã trên trục", "Id"),
    Text("Mã văn bản", "Document id"),
)


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument(
        "envelope", type=parse_envelope_id, help="mã trên trục / the hub's id"
    )


def run(arguments: Arguments, output: Output) -> int:
    """Show states and steps."""

    async def act(session: Session) -> int:
        found = await session.client.trace(session.profile.agency, arguments.envelope)
        output.result(found.answer)
        if not output.as_json:
            show_board(arguments.envelope, found, output)
        return 0

    return with_hub(arguments, output, act)


def show_board(envelope: str, found: Trace, output: Output) -> None:
    """Show where an envelope is, who did what, and why the hub stopped it."""
    at = local_time(found.accepted_at)
    output.say(
        Text(
            f"{envelope}: {found.sender} gửi, trục nhận lúc {at}"
            f" (mức chứng cứ {found.evidence_level})",
            f"{envelope}: from {found.sender}, accepted {at}"
            f" (evidence level {found.evidence_level})",
        )
    )
    output.show("")
    output.table(_HEADS, list(_delivery_rows(found, output)))
    output.show("")
    output.table(_STEP_HEADS, [_step_row(one, output) for one in found.steps])
    for text in _why_stopped(found):
        output.show("")
        output.say(text)
    ties = list(_tie_rows(found, output))
    if ties:
        output.show("")
        output.table(_TIE_HEADS, ties)


def _why_stopped(found: Trace) -> Iterator[Text]:
    """Yield why the hub holds the document, or quarantined it."""
    for step in found.steps:
        if step.description:
            yield Text(f"Lý do: {step.description}", f"Reason: {step.description}")
        for one in step.findings:
            yield Text(
                f"Tệp {one.attachment}: {one.message.vi} ({one.code})",
                f"Attachment {one.attachment}: {one.message.en} ({one.code})",
            )


def _delivery_rows(found: Trace, output: Output) -> Iterator[list[str]]:
    for one in found.deliveries:
        status = word(STATUSES, one.status, output)
        processing = f"{one.status} {status}" if one.status else "-"
        state = word(STATES, one.state, output)
        if one.is_asked_back:
            state = output.pick(
                Text(f"{state}, chờ trả lời thu hồi", f"{state}, asked back")
            )
        yield [one.agency, state, processing]


def _tie_rows(found: Trace, output: Output) -> Iterator[list[str]]:
    for one in found.ties:
        words = LATER_TIES if one.is_later else EARLIER_TIES
        yield [word(words, one.kind, output), one.envelope_id or "-", one.document_id]


def _step_row(one: TracedStep, output: Output) -> list[str]:
    everybody = output.pick(Text("mọi nơi nhận", "every recipient"))
    step = word(STEPS, one.step, output)
    return [local_time(one.at), step, one.agency or everybody, one.issuer]
