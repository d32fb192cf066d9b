"""Reads the import statements of the source tree, without running any of it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "pki", "signing", "exchange", "clients")


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module and where it is imported."""

    module: str
    importer: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.module}"


def source_files() -> list[Path]:
    """Every source file of the five packages."""
    return sorted(
        path for package in PACKAGES for path in (ROOT / package).rglob("*.py")
    )


def module_name(path: Path) -> str:
    """Return the dotted name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_of(path: Path) -> list[Import]:
    """Every import of one file, function-level ones included."""
    tree = ast.parse(path.read_text("utf-8"))
    name = module_name(path)
    return [
        Import(module, name, getattr(node, "lineno", 0))
        for node in ast.walk(tree)
        for module in _imported(node)
    ]


def all_imports() -> list[Import]:
    """Every import of the source tree."""
    return [one for path in source_files() for one in imports_of(path)]


def within(module: str, prefixes: tuple[str, ...]) -> bool:
    """Tell whether `module` is one of `prefixes` or lies below one."""
    return any(module == one or module.startswith(f"{one}.") for one in prefixes)
