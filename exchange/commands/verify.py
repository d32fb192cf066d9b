"""`lienthong verify`: judge files and folders, offline."""

import importlib
import os
from datetime import datetime
from pathlib import Path
from subprocess import Popen
from typing import Protocol

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.output import Output
from exchange.commands.report_forms import FORMS
from schemas.timestamps import in_utc
from signing.worker_program import worker_ahead

_EXIT_CODES = {"TOTAL-PASSED": 0, "TOTAL-FAILED": 1, "INDETERMINATE": 2}

_MATERIAL = {
    "trust": "chứng thư gốc được tin / root certificates",
    "intermediate": "chứng thư trung gian / issuing certificates",
    "revocation": (
        "danh sách thu hồi, câu trả lời OCSP (.ors, .ocsp), tệp hoặc thư mục / "
        "CRLs and OCSP answers (.ors, .ocsp), file or folder"
    ),
}


class OneFileVerb(Protocol):
    """What `exchange.commands.verify_one` offers."""

    def run_one(
        self, arguments: Arguments, output: Output, waiting: "list[Popen[bytes]]"
    ) -> str:
        """Judge one file and show what was found; return the main indication."""


class ManyFilesVerb(Protocol):
    """What `exchange.commands.verify_many` offers."""

    def run_many(self, arguments: Arguments, output: Output) -> str:
        """Judge files and folders and show what was found; return the worst."""


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help=(
            "PDF, edXML, biên nhận, hồ sơ chứng cứ, thư mục / "
            "receipt, evidence bundle, folder"
        ),
    )
    for name, help_text in _MATERIAL.items():
        parser.add_argument(
            f"--{name}",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help=help_text,
        )
    _add_judgement(parser)
    _add_outcome(parser)


def _add_judgement(parser: Parser) -> None:
    """Declare by what and as of when is judged."""
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help="chính sách kiểm tra / validation policy (TOML)",
    )
    parser.add_argument(
        "--facts",
        type=Path,
        metavar="FILE",
        help="lưu dữ kiện của một tệp PDF / keep the facts on one PDF file",
    )
    parser.add_argument(
        "--from-facts",
        action="store_true",
        help="xét lại theo dữ kiện đã lưu / judge again by kept facts",
    )
    parser.add_argument(
        "--at",
        type=_time,
        metavar="TIME",
        help="xét tại thời điểm / judge at: 2026-11-21T08:30:00+07:00",
    )


def _add_outcome(parser: Parser) -> None:
    """Declare how many work at a time, and what is left behind."""
    parser.add_argument(
        "--jobs",
        type=int,
        default=len(os.sched_getaffinity(0)),
        metavar="N",
        help="số tệp xét cùng lúc / files judged at the same time",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help=(
            "lưu chứng thư, trạng thái thu hồi, dấu thời gian và kết quả / "
            "keep what the verdict rests on"
        ),
    )
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FORM:FILE",
        help=f"ghi báo cáo / write a report: {', '.join(FORMS)}",
    )


def _time(text: str) -> datetime:
    try:
        return in_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise UsageError(f"--at {text}: 2026-11-21T08:30:00+07:00") from error


def run(arguments: Arguments, output: Output) -> int:
    """Judge the files; 0 passed, 1 failed, 2 indeterminate: the worst of them."""
    paths: list[Path] = arguments.files
    if len(paths) == 1 and not paths[0].is_dir():
        # The worker loads its libraries while this process loads its own.
        with worker_ahead(paths[0]) as waiting:
            one: OneFileVerb = importlib.import_module("exchange.commands.verify_one")
            return _EXIT_CODES[one.run_one(arguments, output, waiting)]
    if arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs}")
    alone = ("report", "facts", "from_facts")
    if named := next((one for one in alone if getattr(arguments, one)), None):
        option = named.replace("_", "-")
        raise UsageError(f"--{option}: chỉ cho một tệp / for one file only")
    several: ManyFilesVerb = importlib.import_module("exchange.commands.verify_many")
    return _EXIT_CODES[several.run_many(arguments, output)]
