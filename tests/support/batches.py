"""A list of certificates to enrol, with its folder of requests."""

import csv
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificates import p256
from tests.support.requests import csr


@dataclass(frozen=True, slots=True)
class BatchFiles:
    """The files of a batch, and where its certificates go."""

    table: Path
    requests: Path
    out: Path

    def write(self, rows: list[dict[str, str]]) -> None:
        heads = ("kind", "name", "agency", "request", "days")
        with self.table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, heads)
            writer.writeheader()
            writer.writerows(rows)


def batch_files(folder: Path, *, rows: int, kind: str = "person") -> BatchFiles:
    """Make the requests of as many people, and their list."""
    made = BatchFiles(folder / "list.csv", folder / "requests", folder / "issued")
    made.requests.mkdir()
    for number in range(1, rows + 1):
        (made.requests / f"{number}.csr").write_bytes(csr(key=p256()))
    made.write([row(number, kind) for number in range(1, rows + 1)])
    return made


def row(number: int, kind: str = "person", **changes: str) -> dict[str, str]:
    fields = {
        "kind": kind,
        "name": f"Cán bộ {number}",
        "agency": f"H99.{100 + number % 90}",
        "request": f"{number}.csr",
        "days": "",
    }
    return fields | changes
