"""Fixtures that every test may ask for."""

import pytest

from tests.support.tokens import TOKEN_LABELS, TokenFolder

pytest_plugins = ["tests.support.mongo"]


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> TokenFolder:
    """One folder of software tokens: the module reads its place once per process."""
    return TokenFolder.create(tmp_path_factory.mktemp("tokens"), TOKEN_LABELS)
