"""`lienthong verify`: judge files and folders, offline."""

import importlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.output import Output
from exchange.commands.verify_report import (
    FORMS,
    ReportFile,
    digest_of,
    parse_report,
    require_elsewhere,
)
from pki.trust import TrustMaterial, load_material
from schemas.render import verdict_to_json
from schemas.verdict import Indication, Verdict
from signing.api import TOO_LARGE, read_file, verify_data
from signing.reports.report import Report
from signing.reports.text import render_text

EXIT_CODES = {
    Indication.TOTAL_PASSED: 0,
    Indication.TOTAL_FAILED: 1,
    Indication.INDETERMINATE: 2,
}

_MATERIAL = {
    "trust": "chứng thư gốc được tin / root certificates",
    "intermediate": "chứng thư trung gian / issuing certificates",
    "revocation": (
        "danh sách thu hồi, câu trả lời OCSP (.ors, .ocsp), tệp hoặc thư mục / "
        "CRLs and OCSP answers (.ors, .ocsp), file or folder"
    ),
}


class ManyFilesVerb(Protocol):
    """What `exchange.commands.verify_many` offers."""

    def run_many(
        self, arguments: Arguments, material: TrustMaterial, output: Output
    ) -> Indication:
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
    parser.add_argument(
        "--at",
        type=_time,
        metavar="TIME",
        help="xét tại thời điểm / judge at: 2026-11-21T08:30:00+07:00",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=len(os.sched_getaffinity(0)),
        metavar="N",
        help="số tệp xét cùng lúc / files judged at the same time",
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
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--at {text}: 2026-11-21T08:30:00+07:00") from error
    if moment.tzinfo is None:
        raise UsageError(f"--at {text}: +07:00?")
    return moment.astimezone(UTC)


def run(arguments: Arguments, output: Output) -> int:
    """Judge the files; 0 passed, 1 failed, 2 indeterminate: the worst of them."""
    paths: list[Path] = arguments.files
    reports = [parse_report(one) for one in arguments.report]
    material = load_material(
        arguments.trust, arguments.intermediate, arguments.revocation
    )
    if len(paths) == 1 and not paths[0].is_dir():
        verdict = _run_one(paths[0], material, arguments.at, output, reports)
        return EXIT_CODES[verdict.indication]
    if arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs}")
    if reports:
        raise UsageError("--report: chỉ cho một tệp / for one file only")
    # One file does without what only many need, and starts faster.
    several: ManyFilesVerb = importlib.import_module("exchange.commands.verify_many")
    return EXIT_CODES[several.run_many(arguments, material, output)]


def _run_one(
    path: Path,
    material: TrustMaterial,
    at: datetime | None,
    output: Output,
    reports: Sequence[ReportFile],
) -> Verdict:
    require_elsewhere(reports, path)
    data = read_file(path)
    verdict = TOO_LARGE if data is None else verify_data(data, material=material, at=at)
    if reports:
        report = Report(
            verdict=verdict,
            name=path.name,
            sha256=digest_of(path, data),
            checked_at=at or datetime.now(UTC),
            language=output.language,
        )
        for one in reports:
            one.write(report)
    if output.as_json:
        output.result(verdict_to_json(verdict))
    else:
        output.show(render_text(verdict, output.language))
    return verdict
