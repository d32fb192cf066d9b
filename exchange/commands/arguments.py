"""Command-line arguments that every verb shares."""

import argparse
from pathlib import Path
from typing import NoReturn

from schemas.errors import Text

Arguments = argparse.Namespace


class UsageError(Exception):
    """The command line is wrong; its text says how it should be."""


class Parser(argparse.ArgumentParser):
    """An argument parser that leaves the exit code to the caller."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{self.format_usage()}{message}")


def common_parser(verb: str, summary: Text) -> Parser:
    """Return the parser of `verb` with the arguments all verbs share."""
    parser = Parser(
        prog=f"lienthong {verb}",
        description=f"{summary.vi} / {summary.en}",
        allow_abbrev=False,
    )
    add_common(parser)
    return parser


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what every verb understands."""
    parser.add_argument("--json", action="store_true", help="JSON on standard output")
    parser.add_argument("--lang", choices=("vi", "en"), default="vi")
    parser.add_argument(
        "--var",
        type=Path,
        default=Path("var"),
        help="thư mục dữ liệu / data folder (var)",
    )
