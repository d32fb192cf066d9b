"""The table of all attacks, and its page: `python -m tests.support.attacks.table`.

docs/attacks.md is what this prints; a test holds it to that.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.attacks import (
    cms,
    files,
    loops,
    outside,
    revisions,
    shadows,
    shown,
    spans,
    spelled,
    status,
)
from tests.support.attacks.model import Attack, Row

ATTACKS: tuple[Attack, ...] = (
    *spans.ATTACKS,
    *revisions.ATTACKS,
    *shadows.ATTACKS,
    *spelled.ATTACKS,
    *shown.ATTACKS,
    *files.ATTACKS,
    *loops.ATTACKS,
    *cms.ATTACKS,
    *outside.ATTACKS,
    *status.ATTACKS,
)
"""By where they begin: spans, later revisions, what shows, files, CMS, evidence."""

_HEADING = """\
# Known attacks

What has deceived readers of signed PDF files, made from genuine files when the tests
run, and the verdict that each must get. *Row* is the class of the attack;
`tests/support/attacks` makes the files, `tests/hardening/test_attack_set.py` judges
them in a worker process, as `lienthong verify` does.

| attack | what is done | main indication | code |
|---|---|---|---|
"""


_RUNS = Path(__file__).with_name("runs.md")
"""What long runs found; written by hand."""


def attack_page() -> str:
    """Return the page."""
    return _HEADING + "".join(_lines()) + "\n" + _RUNS.read_text("utf-8")


def _lines() -> Iterator[str]:
    for row in Row:
        for one in ATTACKS:
            if one.row is row:
                what = f"{row}: {one.how}"
                yield f"| `{one.name}` | {what} | {one.indication} | `{one.code}` |\n"


if __name__ == "__main__":
    sys.stdout.write(attack_page())
