"""Every line of the catalogue of failures names tests that are there and run."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from tests.architecture.imports import ROOT
from tests.support.failures.model import Failure, Part
from tests.support.failures.table import CATALOGUE, failure_page

_LONG = ("bench", "prove")
_TESTS = ROOT / "tests"
_LINES = {Part.DEFECT: 28, Part.SECURITY: 19}
"""As many as are known; none is left out."""


@cache
def _written(file: str) -> frozenset[str]:
    """The tests of a file by their node ids, but those of long runs."""
    tree = ast.parse((_TESTS / file).read_text("utf-8"))
    if any(_is_long(one) for one in tree.body if isinstance(one, ast.Assign)):
        return frozenset()
    return frozenset(f"{file}::{name}" for name in _names(tree.body))


def _names(body: list[ast.stmt]) -> Iterator[str]:
    for one in body:
        if isinstance(one, ast.ClassDef) and one.name.startswith("Test"):
            yield from (f"{one.name}::{name}" for name in _names(one.body))
        elif (
            isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
            and one.name.startswith("test_")
            and not any(_is_long(mark) for mark in one.decorator_list)
        ):
            yield one.name


def _is_long(node: ast.AST) -> bool:
    """Whether it marks long runs; a mark on some of the parameters does not count."""
    if isinstance(node, ast.Call):
        return _is_long(node.func)
    said = ast.unparse(node)
    return any(said.endswith(f"pytest.mark.{one}") for one in _LONG)


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.name)
def test_every_failure_has_tests_that_exist_and_run(
    one: Failure, request: pytest.FixtureRequest
) -> None:
    assert one.tests or one.remark.startswith("Does not apply: ")
    collected = _collected(request)
    files = {item.partition("::")[0] for item in collected}
    for test in one.tests:
        file = test.partition("::")[0]
        assert test in _written(file), f"{test} is not there"
        is_run = file not in files or test in collected
        assert is_run, f"{test} is not run"


def _collected(request: pytest.FixtureRequest) -> set[str]:
    """What pytest found of whole files; nothing when it was asked for less."""
    config = request.config
    if config.option.keyword or any("::" in one for one in config.args):
        return set()
    found = (item.nodeid.partition("[")[0] for item in request.session.items)
    return {one.removeprefix("tests/") for one in found}


def test_no_known_failure_is_left_out() -> None:
    names = [one.name for one in CATALOGUE]

    assert len(set(names)) == len(names)
    for part, count in _LINES.items():
        assert sum(one.part is part for one in CATALOGUE) == count


def test_page_of_failures_is_what_the_table_says() -> None:
    printed = "python -m tests.support.failures.table > docs/failures.md"
    page = ROOT / "docs" / "failures.md"
    assert page.read_text("utf-8") == failure_page(), printed
