"""The list of a batch: one document per row of a CSV file.

Column ``file`` must be there; ``role, number, date, place, field, signer_name,
copy_form, text`` may be. An empty cell means what was said for all documents; several
lines of text are parted by ``|``.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from schemas.errors import ErrorCode
from signing.batch.plan import BatchItem, Manner, SignJob, distinct, target_of
from signing.errors import SigningError
from signing.profiles import CopyForm, Placement, SignerRole

_MOST_ROWS = 50_000
_MOST_BYTES = 16 * 1024 * 1024


def parse_placement(text: str) -> Placement:
    """Read ``PAGE,X,Y,WIDTH,HEIGHT``, in points.

    Raises:
        ValueError: it is anything else.
    """
    page, *numbers = text.split(",")
    x, y, width, height = map(float, numbers)
    return Placement(int(page), x, y, width, height)


_CELLS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "role": ("role", SignerRole),
    "number": ("number", str),
    "date": ("issued", date.fromisoformat),
    "place": ("placement", parse_placement),
    "field": ("field_name", str),
    "signer_name": ("signer_name", str),
    "copy_form": ("copy_form", CopyForm),
    "text": ("text_lines", lambda text: tuple(map(str.strip, text.split("|")))),
}


def read_list(data: bytes, folder: Path, manner: Manner) -> tuple[BatchItem, ...]:
    """Plan the documents of a list; a row that says nothing useful is refused alone.

    Args:
        data: the CSV file, in UTF-8, with commas or semicolons.
        folder: where its files are looked for.
        manner: how all documents are signed unless a row says otherwise.

    Raises:
        SigningError: SIGN_LIST_INVALID, the list as a whole.
    """
    rows = list(_rows(data))
    if not rows or len(rows) > _MOST_ROWS:
        raise SigningError(ErrorCode.SIGN_LIST_INVALID, place=f"{len(rows)} rows")
    return distinct(
        _item(number, row, folder, manner) for number, row in enumerate(rows, start=1)
    )


def _rows(data: bytes) -> Iterator[Mapping[str, str]]:
    if len(data) > _MOST_BYTES:
        raise SigningError(ErrorCode.SIGN_LIST_INVALID, place="size")
    try:
        text = data.decode("utf-8-sig")
        head = text.partition("\n")[0]
        delimiter = ";" if head.count(";") > head.count(",") else ","
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
        heads = [
            one.strip().lower().replace("-", "_") for one in reader.fieldnames or ()
        ]
        _require_heads(heads)
        reader.fieldnames = heads
        yield from reader
    except (UnicodeDecodeError, csv.Error) as error:
        raise SigningError(ErrorCode.SIGN_LIST_INVALID, place="CSV, UTF-8") from error


def _require_heads(heads: list[str]) -> None:
    unknown = set(heads) - {"file", *_CELLS}
    if "file" not in heads or unknown or len(set(heads)) < len(heads):
        place = next(iter(sorted(unknown)), "file")
        raise SigningError(ErrorCode.SIGN_LIST_INVALID, place=f"column {place[:40]}")


def _item(
    number: int, row: Mapping[str, str | None], folder: Path, manner: Manner
) -> BatchItem:
    named = (row.get("file") or "").strip()
    label = named or f"{number}"
    try:
        if not named or None in row:
            raise _wrong(number, "file" if not named else "columns")
        source = folder / named
        cells = _cells(number, row)
        own = replace(manner, **cells)  # type: ignore[arg-type]  # by column
        job = SignJob(source=source, target=target_of(source, folder), manner=own)
    except SigningError as error:
        return BatchItem(label=label, refusal=error)
    return BatchItem(label=label, job=job)


def _cells(number: int, row: Mapping[str, str | None]) -> dict[str, object]:
    found: dict[str, object] = {}
    for column, (name, read) in _CELLS.items():
        text = (row.get(column) or "").strip()
        if not text:
            continue
        try:
            found[name] = read(text)
        except ValueError as error:
            raise _wrong(number, column) from error
    return found


def _wrong(number: int, what: str) -> SigningError:
    return SigningError(ErrorCode.SIGN_LIST_INVALID, place=f"row {number}: {what}")
