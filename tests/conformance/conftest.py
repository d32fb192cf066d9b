"""The demonstration runs once for all modules that look at its products."""

from pathlib import Path

import pytest

from tests.support.demonstration import PRODUCTS, run_demonstration
from tests.support.shared import made_once
from tests.support.verifying import Verifier


@pytest.fixture(scope="session")
def products(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the demonstration once, as a user does."""
    return made_once(tmp_path_factory, "demonstration", run_demonstration) / PRODUCTS


@pytest.fixture
def verifier(products: Path, tmp_path: Path) -> Verifier:
    """Somebody who verifies products, with a folder of their own."""
    return Verifier(products, tmp_path)
