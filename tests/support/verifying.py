"""Ask `lienthong verify` about products of the demonstration, and change them."""

import contextlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from exchange.cli import main

PDF = "cong-van-ky-so.pdf"
WHOLE = (
    PDF,
    "cong-van-nguoi-ky.pdf",
    "envelope.eml",
    "received-H99.eml",
    "status-03-G06.xml",
    "receipt-acceptance.xml",
    "receipt-taken-H99.xml",
    "receipt-06-G06.xml",
    "evidence.zip",
)
"""Products of the demonstration that pass as they are."""

SECONDS = 30.0
"""No file may take longer (design section 4)."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the command answered: exit code and JSON."""

    exit_code: int
    verdict: dict[str, Any]

    @property
    def codes(self) -> set[str]:
        """The codes of the file's own reasons."""
        return {one["code"] for one in self.verdict["reasons"]}

    @property
    def reasons(self) -> set[tuple[str, str]]:
        """Code and place of the file's own reasons."""
        return {(one["code"], one["place"]) for one in self.verdict["reasons"]}

    @property
    def outcome(self) -> tuple[int, str, str | None]:
        """Exit code with main and sub-indication."""
        indication, sub = self.verdict["indication"], self.verdict["sub_indication"]
        return self.exit_code, indication, sub


@dataclass(frozen=True, slots=True)
class Verifier:
    """Somebody with the demonstration's root, who keeps files in `folder`."""

    products: Path
    folder: Path

    def says(
        self, data: bytes, *, options: Sequence[str] | None = None, name: str = "file"
    ) -> Said:
        """Verify `data`; without `options`, with the root and all published lists."""
        path = self.folder / name
        path.write_bytes(data)
        words = self.everything() if options is None else options
        printed, began = io.StringIO(), monotonic()
        with contextlib.redirect_stdout(printed):
            exit_code = main(["verify", str(path), "--json", *words])
        if monotonic() - began > SECONDS:
            raise TimeoutError(name)
        return Said(exit_code, json.loads(printed.getvalue()))

    def verdicts(
        self, files: Sequence[bytes], *, options: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Verify many files with one command; a verdict for each, in their order."""
        paths = [self.folder / f"{number:04}" for number, _ in enumerate(files)]
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
        words = self.everything() if options is None else options
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            main(["verify", *map(str, paths), "--json", "--jobs", "1", *words])
        found = [json.loads(line) for line in printed.getvalue().splitlines()]
        if len(found) != len(files):
            raise ValueError(len(found))
        return found

    def product(self, name: str) -> bytes:
        """Read a product."""
        return (self.products / name).read_bytes()

    def root(self) -> list[str]:
        """Trust the root, nothing else."""
        return ["--trust", str(self.products / "root.pem")]

    def everything(self, lists: Path | None = None) -> list[str]:
        """Trust the root; know every CA and the lists published in `lists`."""
        published = self.products / "pki"
        words = [*self.root(), "--revocation", str(lists or published)]
        for path in sorted(published.glob("issuing-*.pem")):
            words += ["--intermediate", str(path)]
        return words


def flipped(data: bytes, position: int) -> bytes:
    """Change one bit of one byte."""
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def flipped_after(data: bytes, mark: bytes, distance: int = 0) -> bytes:
    """Change a bit `distance` bytes behind `mark`."""
    return flipped(data, data.index(mark) + len(mark) + distance)


@dataclass(frozen=True, slots=True)
class MemberSpan:
    """Where a member of an archive lies: its header, and its content."""

    name: str
    header: int
    content: range


def member_spans(archive: bytes) -> list[MemberSpan]:
    """Find the members of an archive with Python's own reader."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return [_span(one) for one in opened.infolist()]


def _span(one: zipfile.ZipInfo) -> MemberSpan:
    start = one.header_offset + 30 + len(one.filename.encode())
    content = range(start, start + one.file_size)
    return MemberSpan(one.filename, one.header_offset, content)
