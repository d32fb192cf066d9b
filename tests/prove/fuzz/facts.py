"""Facts that were kept: whatever is read is judged, or refused by a code.

Whoever keeps facts may write what he likes, so a changed one may pass; it may not end
in an error.
"""

from random import Random

from signing.validation.kept_facts import (
    judge_kept_facts,
    keep_facts,
    read_kept_facts,
)
from signing.validation.pdf import read_facts
from tests.prove.fuzz.target import Target, coded
from tests.support.judged_pdf import TRUSTED, person_signed, sealed
from tests.support.pki import NOW


def _seeds() -> tuple[bytes, ...]:
    return tuple(
        keep_facts(one, read_facts(one), material=TRUSTED, at=NOW)
        for one in (person_signed(), sealed())
    )


def _judge(_seed: bytes, data: bytes, _chance: Random) -> str:
    def work() -> str:
        kept = read_kept_facts(data)
        return str(judge_kept_facts(kept, roots=TRUSTED.roots).indication)

    return coded(work)


TARGETS = {"facts": Target(seeds=_seeds, judge=_judge)}
