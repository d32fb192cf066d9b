"""PDF files, each judged in a worker process as the service does."""

from functools import cache
from random import Random

from tests.prove.fuzz.target import Target, outcome_of, require
from tests.support.judged_pdf import person_signed, sealed
from tests.support.mutated_files import Genuine, Judge, Kind
from tests.support.mutating_pdf import changed_pdf
from tests.support.signed_pdf import LETTER
from tests.support.uncovered import uncovered


@cache
def _judge() -> Judge:
    return Judge()


def _judge_file(seed: bytes, data: bytes, _chance: Random) -> str:
    base = Genuine(seed)
    verdict = _judge().verdict(Kind.PDF, base, data)
    outcome = outcome_of(verdict, lambda: True)
    require(holds=outcome != "parser_failed", rule="the parser failed")
    if outcome.startswith("passed") and data != seed:
        before = _judge().verdict(Kind.PDF, base, seed)
        why = uncovered(seed, before, data, verdict)
        require(holds=why is None, rule=str(why))
    return outcome


def close() -> None:
    """End the worker."""
    if _judge.cache_info().currsize:
        _judge().__exit__()


TARGETS = {
    "pdf": Target(
        seeds=lambda: (person_signed(), sealed(), LETTER.read_bytes()),
        judge=_judge_file,
        change=changed_pdf,
    )
}
