"""The base install stays small and carries what a client needs."""

import subprocess
import sys
from importlib.metadata import requires

from packaging.requirements import Requirement

from tests.architecture.imports import ROOT

MOST_PACKAGES = 18
HEAVY = ("pyhanko", "pyhanko_certvalidator", "motor", "pymongo", "pypdfium2")


def _closure(distribution: str, extra: str = "") -> set[str]:
    found: set[str] = set()
    for text in requires(distribution) or []:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        found |= {requirement.name.lower()} | _closure(requirement.name)
    return found


def test_base_install_has_at_most_eighteen_packages() -> None:
    installed = _closure("lienthong") | {"lienthong"}
    assert len(installed) <= MOST_PACKAGES
    assert installed.isdisjoint({"pyhanko", "motor", "pymongo"})


def test_client_side_loads_nothing_heavy() -> None:
    script = (
        "import sys, clients.agency, clients.official, pki.trust, pki.keys.software,"
        "signing.xmldsig.verify;"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout.strip() == "[]"
