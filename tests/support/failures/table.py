"""The page of known failures: `python -m tests.support.failures.table`.

docs/failures.md is what this prints; a test holds it to that.
"""

import sys
from collections.abc import Iterator

from tests.support.failures.attacked import CLASSES
from tests.support.failures.defects import DEFECTS
from tests.support.failures.model import Failure, Part

CATALOGUE: tuple[Failure, ...] = (*DEFECTS, *CLASSES)

_HEADING = """\
# Known failures

What other exchanges of documents are known to have failed at, and the tests here that
would have caught it. `tests/hardening/test_failure_catalogue.py` requires that every
test named here exists and runs with `make test`.
"""
_COLUMNS = "\n| name | elsewhere | tests here |\n|---|---|---|\n"


def failure_page() -> str:
    """Return the page."""
    return _HEADING + "".join(_lines())


def _lines() -> Iterator[str]:
    for part in Part:
        yield f"\n## {part}\n{_COLUMNS}"
        for one in CATALOGUE:
            if one.part is part:
                yield f"| `{one.name}` | {one.elsewhere} | {_caught_by(one)} |\n"


def _caught_by(one: Failure) -> str:
    tests = [f"`{test}`" for test in one.tests]
    return "<br>".join([*tests, one.remark] if one.remark else tests)


if __name__ == "__main__":
    sys.stdout.write(failure_page())
