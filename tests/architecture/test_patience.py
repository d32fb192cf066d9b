"""Tests pass on a busy machine: none bounds the time on the wall tightly.

Bounds on work are CPU time (`tests.support.cpu.soon`) or counted work.
"""

import ast
from pathlib import Path

import pytest

from tests.architecture.imports import ROOT
from tests.support.order import LONGEST_FIRST

CLOCKS = {"monotonic", "perf_counter", "time"}
LEAST_SECONDS = 5
MEASUREMENTS = {"bench", "prove"}


def patient_files() -> list[Path]:
    """Every file of the tests but those that measure."""
    return sorted(
        path
        for path in (ROOT / "tests").rglob("*.py")
        if path.relative_to(ROOT).parts[1] not in MEASUREMENTS
    )


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _reads_the_clock(node: ast.AST) -> bool:
    return any(
        isinstance(one, ast.Call) and not one.args and _name(one.func) in CLOCKS
        for one in ast.walk(node)
    )


def _differences(tree: ast.AST) -> set[str]:
    """Names of what holds the time between two readings of the clock."""
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target, value in _assigned(node)
        if isinstance(target, ast.Name)
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Sub)
        if _reads_the_clock(value)
    }


def _assigned(node: ast.Assign) -> list[tuple[ast.expr, ast.expr]]:
    (target, value) = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=False))
    return [(target, value)]


def _number(node: ast.expr) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    return None


def _constants(tree: ast.Module) -> dict[str, float]:
    return {
        target.id: number
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target, value in _assigned(node)
        if isinstance(target, ast.Name) and (number := _number(value)) is not None
    }


def tight_bounds(source: str) -> list[int]:
    """Lines on which less than `LEAST_SECONDS` between two moments are demanded."""
    tree = ast.parse(source)
    spans, constants = _differences(tree), _constants(tree)

    def is_span(node: ast.expr) -> bool:
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        return bool(names & spans) or _reads_the_clock(node)

    def value(node: ast.expr) -> float | None:
        if isinstance(node, ast.Name):
            return constants.get(node.id)
        return _number(node)

    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and is_span(node.left)
        if isinstance(node.ops[0], ast.Lt | ast.LtE)
        if (bound := value(node.comparators[0])) is not None and bound < LEAST_SECONDS
    ]


@pytest.mark.parametrize(
    "bound",
    [
        "assert perf_counter() - began < 0.5",
        "assert time.monotonic() - began <= 4",
        "assert (perf_counter() - began) / 2000 < 0.1",
        "LIMIT = 2\nassert perf_counter() - began < LIMIT",
        "took = perf_counter() - began\nassert took < 1",
        "a, took = 1, loop.time() - began\nassert took < 1",
    ],
)
def test_tight_bound_is_seen(bound: str) -> None:
    assert tight_bounds(bound)


@pytest.mark.parametrize(
    "bound",
    [
        "assert perf_counter() - began < 5",
        "assert process_time() - began < 1",
        "assert perf_counter() - began > 1",
        "assert count < 1",
    ],
)
def test_patient_bound_is_allowed(bound: str) -> None:
    assert tight_bounds(bound) == []


def test_no_test_bounds_the_clock_tightly() -> None:
    sources = {path: path.read_text("utf-8") for path in patient_files()}
    found = {
        str(path.relative_to(ROOT)): lines
        for path, source in sources.items()
        if any(clock in source for clock in CLOCKS) and (lines := tight_bounds(source))
    }
    assert found == {}


def test_files_that_come_first_exist_and_are_named_once() -> None:
    assert len(set(LONGEST_FIRST)) == len(LONGEST_FIRST)
    assert [one for one in LONGEST_FIRST if not (ROOT / "tests" / one).exists()] == []
