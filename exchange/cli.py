"""The `lienthong` command: one verb per module of `exchange.commands`.

Exit codes: what the verb says (0 done, 1 refused or failed, 2 undecided), 3 wrong
usage, 70 an internal fault. Verbs are imported when they are called, so that
`verify` starts fast and a slim install runs what it can.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from io import TextIOWrapper
from typing import Protocol

from exchange.commands.arguments import (
    Arguments,
    Parser,
    UsageError,
    both,
    common_parser,
)
from exchange.commands.output import Output, Refusal
from schemas.errors import CodedError, ErrorCode, Text

USAGE = 3
CRASH = 70
INTERRUPTED = 130
READER_GONE = 141

_SHOWN_OF_NAME = 64


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb.

    Args:
        module: where it lives.
        summary: what it does.
        needs: libraries that its worker processes would miss too late, and too quietly.
    """

    module: str
    summary: Text
    needs: tuple[str, ...] = ()


class VerbModule(Protocol):
    """What a module of `exchange.commands` offers."""

    def configure(self, parser: Parser) -> None:
        """Declare the verb's own arguments."""

    def run(self, arguments: Arguments, output: Output) -> int:
        """Do it and return the exit code."""


VERBS: dict[str, Verb] = {
    "demo": Verb(
        "demo",
        Text("chạy trọn một vòng gửi, nhận, kiểm tra", "run the whole story"),
        needs=("pyhanko", "motor"),
    ),
    "serve": Verb(
        "serve", Text("chạy dịch vụ", "run the service"), needs=("pyhanko", "motor")
    ),
    "pki": Verb("pki", Text("chứng thư số nội bộ", "the internal CA")),
    "enrol": Verb("enrol", Text("xin chứng thư số", "get a certificate")),
    "agencies": Verb("agencies", Text("danh bạ cơ quan", "the agency directory")),
    "lists": Verb("lists", Text("danh sách nơi nhận", "saved lists of recipients")),
    "encryption": Verb(
        "encryption_certificates",
        Text("chứng thư mã hóa của cơ quan", "certificates to encrypt to"),
    ),
    "delegations": Verb(
        "delegations", Text("ủy quyền ký thay", "delegations of authority")
    ),
    "accounts": Verb(
        "accounts",
        Text("tài khoản của người dùng", "accounts of people"),
        needs=("motor",),
    ),
    "maintenance": Verb(
        "maintenance",
        Text("tạm dừng nhận văn bản", "take nothing in for a while"),
        needs=("motor",),
    ),
    "purge": Verb(
        "purge",
        Text("xóa nội dung hết hạn lưu", "purge bodies past retention"),
        needs=("pyhanko", "motor", "structlog", "ulid"),
    ),
    "backup": Verb(
        "backup",
        Text("sao lưu, khôi phục cơ sở dữ liệu", "back the database up, restore it"),
        needs=("motor", "structlog", "ulid"),
    ),
    "upgrade": Verb(
        "upgrade",
        Text("nâng cấp cơ sở dữ liệu", "bring the database to the present layout"),
        needs=("motor", "structlog"),
    ),
    "log": Verb(
        "log",
        Text("kiểm tra nhật ký của trục", "check the log of the exchange"),
        needs=("motor", "structlog", "ulid"),
    ),
    "sign": Verb("sign", Text("ký số tệp PDF", "sign a PDF")),
    "extend": Verb(
        "extend",
        Text("nâng mức chữ ký trong tệp PDF", "bring signatures to a higher level"),
        needs=("pyhanko",),
    ),
    "upgrades": Verb(
        "upgrades",
        Text("tệp chờ nâng mức, gia hạn", "files that wait for a higher level"),
        needs=("pyhanko",),
    ),
    "verify": Verb(
        "verify",
        Text("kiểm tra tệp đã ký", "verify a signed file"),
        needs=("pyhanko",),
    ),
    "send": Verb("send", Text("gửi văn bản", "send a document")),
    "inbox": Verb("inbox", Text("xem văn bản đến", "list what has arrived")),
    "receive": Verb("receive", Text("tải về và xác nhận", "fetch and acknowledge")),
    "status": Verb("status", Text("báo trạng thái xử lý", "report a status")),
    "recall": Verb("recall", Text("đề nghị thu hồi văn bản", "ask a document back")),
    "trace": Verb("trace", Text("xem đường đi của văn bản", "trace a document")),
    "witness": Verb(
        "witness",
        Text("giám sát nhật ký của trục", "see that the log only grows"),
    ),
    "board": Verb("board", Text("nơi nào chưa nhận", "who has not acknowledged")),
    "deliveries": Verb(
        "deliveries",
        Text("lượt giao bị giữ, lỗi, kẹt", "deliveries held, failed or stuck"),
        needs=("motor", "structlog", "ulid"),
    ),
    "overdue": Verb(
        "overdue",
        Text("văn bản quá hạn", "what is overdue"),
        needs=("motor", "structlog", "ulid"),
    ),
    "register": Verb(
        "register",
        Text("sổ đăng ký văn bản đi, đến", "registers of documents"),
        needs=("motor", "structlog", "ulid"),
    ),
    "statistics": Verb(
        "statistics",
        Text("thống kê theo tháng", "counts by month"),
        needs=("motor", "structlog", "ulid"),
    ),
    "webhooks": Verb(
        "webhooks",
        Text("webhook và thông báo", "webhooks and their notices"),
        needs=("motor", "structlog", "ulid"),
    ),
    "evidence": Verb(
        "evidence", Text("lấy hồ sơ chứng cứ", "fetch an evidence bundle")
    ),
}

_EXTRAS = {
    "asn1crypto": "sign",
    "pyhanko": "sign",
    "pyhanko_certvalidator": "sign",
    "pypdfium2": "sign",
    "PIL": "sign",
    "joserfc": "service",
    "motor": "service",
    "pymongo": "service",
    "prometheus_client": "service",
    "structlog": "service",
    "ulid": "service",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _speak_utf_8()
    try:
        return _run(words, Output.from_words(words))
    except BrokenPipeError:
        return _unheard(READER_GONE)
    except OSError:
        # Not even that could be told: a full disk takes no words.
        return _unheard(CRASH)


def _run(words: list[str], output: Output) -> int:
    try:
        return _dispatch(words, output)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 the outermost edge of the command line
        return _exit_code(error, output)


def _exit_code(error: Exception, output: Output) -> int:
    match error:
        case UsageError():
            wrong = CodedError(ErrorCode.USAGE, place=error.detail)
            output.refuse(Refusal.of(wrong), usage=error.usage)
            return USAGE
        case CodedError():
            output.refuse(Refusal.of(error))
            return 1
        case OSError(filename=str(name)):
            # What no verb expected of a file: a name that is too long, a broken disk.
            place = name[-_SHOWN_OF_NAME:]
            output.refuse(
                Refusal.of(CodedError(ErrorCode.FILE_UNREADABLE, place=place))
            )
            return 1
        case ModuleNotFoundError():
            return _missing_extra(error, output)
        case _:
            return _crash(output)


def _dispatch(words: list[str], output: Output) -> int:
    if not words or words[0] in {"-h", "--help", "help"}:
        output.show(_help())
        return 0
    if words[0] == "--version":
        # What reads versions loads slowly, and only this asks for one.
        metadata = importlib.import_module("importlib.metadata")
        output.show(f"lienthong {metadata.version('lienthong')}")
        return 0
    verb = VERBS.get(words[0])
    if verb is None:
        raise UsageError(f"VERB: {words[0]}", usage=f"{_help()}\n\n")
    for library in verb.needs:
        if find_spec(library) is None:
            raise ModuleNotFoundError(library, name=library)
    module: VerbModule = importlib.import_module(f"exchange.commands.{verb.module}")
    parser = common_parser(words[0], verb.summary)
    module.configure(parser)
    arguments = parser.parse_args(words[1:])
    _require_text(arguments)
    return module.run(arguments, output)


def _require_text(arguments: Arguments) -> None:
    """Refuse words that are no UTF-8; names of files may be anything.

    Raises:
        UsageError: there is one.
    """
    for name, value in vars(arguments).items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one != one.encode(errors="replace").decode():
                raise UsageError(f"{name}: UTF-8?")


def _help() -> str:
    rows = [f"  {name:<12}{both(verb.summary)}" for name, verb in VERBS.items()]
    return "\n".join(
        [
            "lienthong VERB [--json] [--lang vi|en] [--var FOLDER] …",
            "",
            *rows,
            "",
            "lienthong VERB -h      hướng dẫn từng lệnh / help for one verb",
            "lienthong --version    phiên bản / version",
        ]
    )


def _missing_extra(error: ModuleNotFoundError, output: Output) -> int:
    name = (error.name or "").split(".")[0]
    extra = _EXTRAS.get(name)
    if extra is None:
        return _crash(output)
    place = f"pip install 'lienthong[{extra}]'"
    output.refuse(Refusal.of(CodedError(ErrorCode.EXTRA_MISSING, place=place)))
    return 1


def _crash(output: Output) -> int:
    occurrence = os.urandom(4).hex()
    if os.environ.get("LIENTHONG_DEBUG"):
        traceback.print_exc()
    output.refuse(Refusal.of(CodedError(ErrorCode.INTERNAL, place=occurrence)))
    return CRASH


def _speak_utf_8() -> None:
    """Write Vietnamese and JSON in UTF-8 whatever the terminal calls itself."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Names of files may be anything; in JSON they stay JSON.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _unheard(code: int) -> int:
    """End quietly when whoever read the output has had enough (`| head`)."""
    # The interpreter would complain when it flushes at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code
