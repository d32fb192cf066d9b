"""Small things stay small."""

import ast
from pathlib import Path

import pytest

from tests.architecture.imports import ROOT, source_files

FILE_LINES = 600
FUNCTION_LINES = 70


def _functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text("utf-8"))
    return [
        (node.name, _length(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    last = node.end_lineno or node.lineno
    first = node.body[0]
    has_docstring = isinstance(first, ast.Expr) and isinstance(
        first.value, ast.Constant
    )
    documented = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return last - node.lineno + 1 - documented


@pytest.mark.parametrize("path", source_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_file_and_its_functions_are_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= FILE_LINES
    assert [one for one in _functions(path) if one[1] > FUNCTION_LINES] == []


@pytest.mark.parametrize("path", source_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_source_uses_no_assert_as_a_guard(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)
    ] == []
