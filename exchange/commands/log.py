"""`lienthong log`: check what the log of the exchange says about CAs."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, add_action
from exchange.commands.output import Output, Refusal
from exchange.commands.site import operator
from exchange.config_file import load_settings
from exchange.database import open_database
from exchange.domain.records import AuditLine
from exchange.usecases.audit_ca_journals import (
    JournalAudit,
    LogAudit,
    audit_ca_journals,
)
from exchange.usecases.audit_log import audit_log
from pki.ca.hierarchy import system_clock
from schemas.errors import CodedError, SchemaError, Text
from schemas.timestamps import truncate_ms
from schemas.vocabulary import AuditEvent

_BROKEN, _UNDECIDED = 1, 2
_HEADS = (
    Text("CA", "CA"),
    Text("Đã công bố", "Published"),
    Text("Trong nhật ký trục", "In the log"),
    Text("Kết quả", "Result"),
)


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    audit = add_action(
        actions,
        "audit",
        Text("đối chiếu nhật ký của CA", "check the journals of CAs against the log"),
    )
    audit.add_argument(
        "--config", type=Path, metavar="FILE", help="cấu hình / lienthong.toml"
    )
    audit.add_argument(
        "--ca",
        type=Path,
        metavar="FOLDER",
        help="mặc định publication.folder, VAR/pki / by default the same",
    )
    audit.add_argument(
        "--whole",
        action="store_true",
        help="tính lại toàn bộ nhật ký / compute the tree of the whole log anew",
    )


def run(arguments: Arguments, output: Output) -> int:
    """Check every published journal; 1 if one is broken, 2 if one has to wait."""
    found = asyncio.run(_audit(arguments))
    output.result(_fields(found))
    if not output.as_json:
        _show(found, output)
    if any(one.failure for one in found.journals):
        return _BROKEN
    return 0 if all(one.is_complete for one in found.journals) else _UNDECIDED


async def _audit(arguments: Arguments) -> LogAudit:
    settings = load_settings(arguments.config)
    published = settings.publication.folder or arguments.var / "pki"
    async with open_database(settings.mongodb, arguments.var) as storage:
        try:
            if arguments.whole:
                # Proofs lead to a root that is then known to be of these entries.
                await audit_log(storage)
            found = await audit_ca_journals(storage, arguments.ca or published)
        except SchemaError as error:
            await storage.audit.append(_line({"whole": arguments.whole}, error))
            raise
        failures = [one.failure for one in found.journals if one.failure]
        facts = {
            "size": found.size,
            "root": found.root_hash.hex(),
            "whole": arguments.whole,
        }
        await storage.audit.append(_line(facts, *failures))
        return found


def _line(facts: Mapping[str, object], *failures: CodedError) -> AuditLine:
    """Put an audit on record; the console shows the last one."""
    return AuditLine(
        at=truncate_ms(system_clock()),
        event=AuditEvent.LOG_AUDITED,
        actor=operator(),
        code=failures[0].code if failures else "",
        facts=tuple((name, str(value).lower()) for name, value in facts.items()),
    )


def _fields(found: LogAudit) -> dict[str, object]:
    return {
        "log": {"size": found.size, "root": found.root_hash.hex()},
        "journals": [
            {
                "ca": one.label,
                "published": one.published,
                "proved": one.proved,
                "complete": one.is_complete,
                "error": Refusal.of(one.failure).as_fields() if one.failure else None,
            }
            for one in found.journals
        ],
    }


def _show(found: LogAudit, output: Output) -> None:
    if not found.journals:
        output.say(Text("Chưa CA nào công bố nhật ký.", "No CA publishes a journal."))
        return
    rows = [
        [one.label, str(one.published), str(one.proved), output.pick(_word(one))]
        for one in found.journals
    ]
    output.table(_HEADS, rows)
    output.say(
        Text(
            f"Nhật ký trục: {found.size} mục, gốc {found.root_hash.hex()}",
            f"The log: {found.size} entries, root {found.root_hash.hex()}",
        )
    )
    for one in found.journals:
        if one.failure:
            output.refuse(Refusal.of(one.failure))


def _word(one: JournalAudit) -> Text:
    if one.failure:
        return Text(f"SAI: {one.failure.place}", f"WRONG: {one.failure.place}")
    if one.is_complete:
        return Text("đủ, đúng thứ tự", "all, in order")
    return Text("còn mục đang chờ", "some have to wait")
