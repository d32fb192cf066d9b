"""Fixtures that every test may ask for."""

import gc
import os
from collections.abc import Generator
from contextlib import suppress
from importlib import import_module
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
def pytest_collection(
    session: pytest.Session,
) -> Generator[None, object, object]:
    """Collect tests, and no garbage: what is made here stays until the end."""
    gc.disable()
    _load_own_share(session.config)
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


def _load_own_share(config: pytest.Config) -> None:
    """Begin with other files than the other processes of this run.

    Each collects all tests. On a fresh clone one process so writes down what Python
    compiles of a file, and the others read it.
    """
    name = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not name or config.args_source is not config.ArgsSource.TESTPATHS:
        return
    left_out = tuple(Path(one).resolve() for one in config.getoption("ignore") or ())
    files = sorted(
        one
        for one in _TESTS.rglob("test_*.py")
        if not any(one.is_relative_to(folder) for folder in left_out)
    )
    count = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    for path in files[int(name.removeprefix("gw")) :: count]:
        module = path.relative_to(_TESTS.parent).with_suffix("")
        with suppress(Exception, pytest.skip.Exception):  # told when it is collected
            import_module(".".join(module.parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; within a file nothing changes."""
    items.sort(key=lambda item: place_of(item.path, _TESTS))


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> TokenFolder:
    """One folder of software tokens: the module reads its place once per process."""
    return TokenFolder.create(tmp_path_factory.mktemp("tokens"), TOKEN_LABELS)
