"""Fixtures that every test may ask for."""

import gc
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.order import place_of
from tests.support.tokens import TOKEN_LABELS, TokenFolder

pytest_plugins = ["tests.support.mongo"]

_TESTS = Path(__file__).parent

# A busy machine is slow, not wrong.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests, and no garbage: what is made here stays until the end."""
    gc.disable()
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; within a file nothing changes."""
    items.sort(key=lambda item: place_of(item.path, _TESTS))


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> TokenFolder:
    """One folder of software tokens: the module reads its place once per process."""
    return TokenFolder.create(tmp_path_factory.mktemp("tokens"), TOKEN_LABELS)
