"""One folder of software tokens: the module reads its place once per process."""

import pytest

from tests.support.tokens import TokenFolder

LABELS = (
    "Keys",
    "Sessions",
    "Second",
    "Pins",
    "Corrected",
    "Authorities",
    "Twin",
    "Twin",
)


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> TokenFolder:
    return TokenFolder.create(tmp_path_factory.mktemp("tokens"), LABELS)
