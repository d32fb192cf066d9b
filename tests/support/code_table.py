"""The page of all codes, made from the catalogue: `python -m tests.support.code_table`.

docs/codes.md is what this prints; a test holds it to that.
"""

import sys

from exchange.http.problems import status_of
from schemas.catalogue import explain
from schemas.errors import ErrorCode

_HEADING = """\
# Codes

Every refusal and every reason of a verdict has one of these codes. They are never
renamed. *Side* says whose turn it is; *HTTP* is the status when the hub refuses a
request with it.

| code | side | HTTP | what happened | what next |
|---|---|---|---|---|
"""


def code_page() -> str:
    """Return the page."""
    return _HEADING + "".join(map(_row, ErrorCode))


def _row(code: ErrorCode) -> str:
    said = explain(code)
    what = f"{said.message.vi}<br>{said.message.en}"
    following = f"{said.next.vi}<br>{said.next.en}"
    return f"| `{code}` | {said.side} | {status_of(code)} | {what} | {following} |\n"


if __name__ == "__main__":
    sys.stdout.write(code_page())
