"""`lienthong verify` for one file: its verdict, and reports of it."""

from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen

from exchange.commands.arguments import Arguments
from exchange.commands.output import Output
from exchange.commands.verify_facts import judged_again, write_facts
from exchange.commands.verify_keep import Keeper
from exchange.commands.verify_report import (
    digest_of,
    parse_report,
    require_elsewhere,
)
from pki.trust import load_material
from schemas.render import verdict_to_json
from schemas.verdict import Indication
from signing.api import TOO_LARGE, read_file, verify_data
from signing.reports.report import Report
from signing.reports.text import render_text


def run_one(
    arguments: Arguments, output: Output, waiting: "list[Popen[bytes]]"
) -> Indication:
    """Judge the file and show what was found.

    Args:
        arguments: of the verb.
        output: where the verdict goes.
        waiting: workers that were started ahead for it.
    """
    path: Path = arguments.files[0]
    reports = [parse_report(one) for one in arguments.report]
    material = load_material(
        arguments.trust, arguments.intermediate, arguments.revocation, arguments.policy
    )
    require_elsewhere(reports, path)
    data, at = read_file(path), arguments.at
    checked_at = at or datetime.now(UTC)
    if data is None:
        verdict = TOO_LARGE
    elif arguments.from_facts:
        verdict = judged_again(data, material=material, at=at)
    else:
        verdict = verify_data(data, material=material, at=at, waiting=waiting)
    if arguments.facts is not None and data is not None:
        write_facts(arguments.facts, data, material=material, at=checked_at)
    with Keeper(arguments.keep, material=material, at=checked_at) as keeper:
        keeper.keep(path, verdict)
    if reports:
        report = Report(
            verdict=verdict,
            name=path.name,
            sha256=digest_of(path, data),
            checked_at=checked_at,
            language=output.language,
        )
        for one in reports:
            one.write(report)
    if output.as_json:
        output.result(verdict_to_json(verdict))
    else:
        output.show(render_text(verdict, output.language))
    return verdict.indication
