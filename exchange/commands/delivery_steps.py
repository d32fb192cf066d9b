"""`lienthong deliveries show`: every step of one document and why it was taken."""

from collections.abc import Iterator

from exchange.commands.output import Output
from exchange.commands.words import STATES, STEPS, local_time, word
from exchange.usecases.look_after_deliveries import Attempt, Attempts
from schemas.catalogue import explain
from schemas.errors import Text
from schemas.render import reason_to_json
from schemas.timestamps import format_utc
from schemas.verdict import Reason

_DELIVERY_HEADS = (
    Text("Nơi nhận", "Recipient"),
    Text("Tình trạng", "State"),
    Text("Lỗi", "Failures"),
)
_STEP_HEADS = (
    Text("Thời điểm", "Time"),
    Text("Bước", "Step"),
    Text("Cơ quan", "Agency"),
    Text("Bên lập biên nhận", "Attested by"),
    Text("Lý do", "Reason"),
)


def show_attempts(found: Attempts, output: Output) -> None:
    """Show deliveries and steps; nothing of the document, names of files neither."""
    output.result(
        {
            "envelope": found.envelope.envelope_id,
            "sender": found.envelope.sender,
            "accepted_at": format_utc(found.envelope.accepted_at),
            "deliveries": [
                {
                    "recipient": one.recipient,
                    "state": one.state,
                    "failures": one.retry.failures,
                }
                for one in found.deliveries
            ],
            "steps": [_fields(one) for one in found.steps],
        }
    )
    if output.as_json:
        return
    rows = [
        [one.recipient, word(STATES, one.state, output), str(one.retry.failures)]
        for one in found.deliveries
    ]
    output.table(_DELIVERY_HEADS, rows)
    output.show("")
    output.table(_STEP_HEADS, [_row(one, output) for one in found.steps])


def _fields(one: Attempt) -> dict[str, object]:
    return {
        "step": one.receipt.step,
        "recipient": one.receipt.recipient,
        "issuer": one.receipt.issuer,
        "at": format_utc(one.receipt.recorded_at),
        "description": one.description,
        "findings": [
            {
                "attachment": found.attachment,
                "indication": found.indication,
                "sub_indication": found.sub_indication,
                "reasons": [reason_to_json(Reason(code)) for code in found.reasons],
            }
            for found in one.findings
        ],
    }


def _row(one: Attempt, output: Output) -> list[str]:
    everybody = output.pick(Text("mọi nơi nhận", "every recipient"))
    return [
        local_time(one.receipt.recorded_at),
        word(STEPS, one.receipt.step, output),
        one.receipt.recipient or everybody,
        one.receipt.issuer,
        "; ".join(_reasons(one, output)),
    ]


def _reasons(one: Attempt, output: Output) -> Iterator[str]:
    if one.description:
        yield one.description
    for found in one.findings:
        for code in found.reasons:
            message = explain(code).message
            yield output.pick(
                Text(
                    f"tệp {found.attachment}: {message.vi} ({code})",
                    f"attachment {found.attachment}: {message.en} ({code})",
                )
            )
