"""Services that tests start judge one PDF file at a time."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="package", autouse=True)
def _one_pdf_worker() -> Iterator[None]:
    """Start the libraries of one worker for each service, not of two."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("LIENTHONG__SERVER__WORKERS", "1")
        yield
