"""Command-line arguments that every verb shares."""

import argparse
from pathlib import Path
from typing import NoReturn

from schemas.errors import SchemaError, Text
from schemas.identifiers import EnvelopeId
from schemas.values import envelope_id

Arguments = argparse.Namespace

_IN_BOTH_LANGUAGES = (
    ("usage:", "cách dùng / usage:"),
    ("positional arguments:", "đối số / arguments:"),
    ("options:", "tùy chọn / options:"),
    ("show this help message and exit", "hướng dẫn này / this help"),
    (
        "the following arguments are required:",
        "thiếu đối số / the following arguments are required:",
    ),
    ("unrecognized arguments:", "đối số lạ / unrecognized arguments:"),
    ("invalid choice:", "giá trị không hợp lệ / invalid choice:"),
    ("choose from", "chọn trong / choose from"),
    ("expected one argument", "cần một giá trị / expected one argument"),
    ("invalid int value:", "không phải số nguyên / invalid int value:"),
)
"""What argparse says, and what people read instead."""


class UsageError(Exception):
    """The command line is wrong.

    Args:
        detail: which part, and how it should be.
        usage: how the verb is called.
    """

    def __init__(self, detail: str, *, usage: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.usage = usage


class Parser(argparse.ArgumentParser):
    """An argument parser in both languages that leaves the exit code to the caller."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            UsageError: always.
        """
        raise UsageError(_in_both(message), usage=_in_both(self.format_usage()))

    def format_help(self) -> str:
        """Return the help in both languages."""
        return _in_both(super().format_help())


def _in_both(text: str) -> str:
    for english, both in _IN_BOTH_LANGUAGES:
        text = text.replace(english, both)
    return text


def common_parser(verb: str, summary: Text) -> Parser:
    """Return the parser of `verb` with the arguments all verbs share."""
    parser = Parser(
        prog=f"lienthong {verb}", description=both(summary), allow_abbrev=False
    )
    _add_common(parser, defaults={"json": False, "lang": "vi", "var": Path("var")})
    return parser


def add_action(
    actions: "argparse._SubParsersAction[Parser]", name: str, summary: Text
) -> Parser:
    """Add one action of a verb, with the arguments all verbs share.

    What is given before the action counts as well: only what is given sets a value.
    """
    text = both(summary)
    parser = actions.add_parser(name, help=text, description=text, allow_abbrev=False)
    _add_common(parser, defaults=dict.fromkeys(("json", "lang", "var"), _NOT_GIVEN))
    return parser


_NOT_GIVEN = argparse.SUPPRESS


def both(text: Text) -> str:
    """Return `text` in both languages, for help."""
    return f"{text.vi} / {text.en}"


def parse_envelope_id(text: str) -> EnvelopeId:
    """Return the hub's id of an envelope; it becomes part of paths and addresses.

    Raises:
        UsageError: it is none.
    """
    try:
        return envelope_id(text, "ENVELOPE")
    except SchemaError as error:
        raise UsageError(
            f"ENVELOPE {text}: mã 26 ký tự do trục cấp / the hub's id, 26 characters"
        ) from error


def _add_common(parser: Parser, *, defaults: dict[str, object]) -> None:
    parser.add_argument(
        "--json",
        action="store_true",
        default=defaults["json"],
        help="một tài liệu JSON ra stdout / one JSON document on standard output",
    )
    parser.add_argument(
        "--lang",
        choices=("vi", "en"),
        default=defaults["lang"],
        help="ngôn ngữ / language",
    )
    parser.add_argument(
        "--var",
        type=Path,
        default=defaults["var"],
        metavar="FOLDER",
        help="thư mục dữ liệu, mặc định var / data folder, by default var",
    )
