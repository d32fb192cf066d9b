"""Reading the settings: `lienthong.toml`, overridden by the environment.

``LIENTHONG__SECTION__KEY`` in the environment wins over the file. An unknown key or a
wrong value is refused by name.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from math import inf
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from exchange.config import Settings
from exchange.errors import ExchangeError
from exchange.settings.keys import KeyUri
from exchange.settings.server import Role
from pki.keys.loader import rebased
from schemas.errors import ErrorCode

ENVIRONMENT_PREFIX = "LIENTHONG__"


def load_settings(
    path: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Read the settings from a file and the environment.

    Relative paths in the file are relative to its folder.

    Raises:
        ExchangeError: unreadable file, unknown key, wrong value or contradiction
            (CONFIGURATION_INVALID, the key is named).
    """
    values = _read_toml(path) if path else {}
    for keys, text in _environment_values(environment):
        _set(values, keys, text)
    base = path.parent if path else Path()
    settings: Settings = _build(Settings, values, base, ())
    return settings


def _invalid(keys: tuple[str, ...]) -> ExchangeError:
    return ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=".".join(keys))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _invalid((path.name,)) from error


def _environment_values(
    environment: Mapping[str, str],
) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, text in sorted(environment.items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            rest = name.removeprefix(ENVIRONMENT_PREFIX)
            yield tuple(rest.lower().split("__")), text


def _set(values: dict[str, Any], keys: tuple[str, ...], text: str) -> None:
    section = values
    for key in keys[:-1]:
        section = section.setdefault(key, {})
        if not isinstance(section, dict):
            raise _invalid(keys)
    section[keys[-1]] = text


def _build(kind: Any, values: object, base: Path, keys: tuple[str, ...]) -> Any:
    if not isinstance(values, dict):
        raise _invalid(keys)
    known: dict[str, Field[Any]] = {one.name: one for one in fields(kind)}
    hints = get_type_hints(kind)
    for key in values:
        if key not in known:
            raise _invalid((*keys, key))
    return kind(
        **{
            key: _value(hints[key], value, base, (*keys, key))
            for key, value in values.items()
        }
    )


def _value(kind: Any, value: object, base: Path, keys: tuple[str, ...]) -> Any:
    if is_dataclass(kind):
        return _build(kind, value, base, keys)
    if get_origin(kind) is tuple:
        one_of = get_args(kind)[0]
        return tuple(_member(one_of, one, base, keys) for one in _list(value, keys))
    if Path in get_args(kind):
        return _path(value, base, keys)
    if kind is KeyUri:
        return KeyUri(rebased(_text(value, keys), base))
    try:
        return _scalar(kind, value)
    except (TypeError, ValueError) as error:
        raise _invalid(keys) from error


def _member(kind: Any, value: object, base: Path, keys: tuple[str, ...]) -> Any:
    if kind is Path:
        return _path(value, base, keys)
    return _role(value, keys) if kind is Role else _text(value, keys)


def _list(value: object, keys: tuple[str, ...]) -> list[object]:
    if isinstance(value, str):
        return list(filter(None, value.split(",")))
    if not isinstance(value, list):
        raise _invalid(keys)
    return value


def _text(value: object, keys: tuple[str, ...]) -> str:
    if not isinstance(value, str):
        raise _invalid(keys)
    return value


def _path(value: object, base: Path, keys: tuple[str, ...]) -> Path:
    if not value:
        raise _invalid(keys)
    return base / _text(value, keys)


def _role(value: object, keys: tuple[str, ...]) -> Role:
    try:
        return Role(_text(value, keys))
    except ValueError as error:
        raise _invalid(keys) from error


def _scalar(kind: Any, value: object) -> object:
    if kind is bool:
        return _truth(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(kind)
    if kind is str and not isinstance(value, str):
        raise TypeError(kind)
    if kind is int and isinstance(value, float):
        raise TypeError(kind)
    converted: object = kind(value)
    if isinstance(converted, int | float) and not 0 <= converted < inf:
        raise ValueError(kind)
    return converted


def _truth(value: object) -> bool:
    """Return a truth value; in the environment it is a word."""
    words = {"true": True, "false": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    if not isinstance(value, bool):
        raise TypeError(value)
    return value
