"""External judges: programs that check our products with other people's code."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGES = {
    "openssl": "openssl",
    "pdfsig": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "pdftotext": "poppler-utils",
    "pdffonts": "poppler-utils",
    "mutool": "mupdf-tools",
    "xmlsec1": "xmlsec1",
    "softhsm2-util": "softhsm2",
    "curl": "curl",
    "chromium": "chromium",
    "certutil": "libnss3-tools",
    "pk12util": "libnss3-tools",
}


def require(program: str) -> str:
    """Return the path of `program`; skip by name, or fail where it is demanded."""
    found = shutil.which(program)
    if found:
        return found
    message = f"{program} is absent: apt-get install {PACKAGES[program]}"
    if os.environ.get("LIENTHONG_REQUIRE_JUDGES"):
        pytest.fail(message)
    pytest.skip(message)


def run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a judge and return what it said; its exit code is the caller's to read."""
    return subprocess.run(
        [require(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
