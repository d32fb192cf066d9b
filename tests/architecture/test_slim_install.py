"""The base install stays small and carries what a client needs."""

import subprocess
import sys
from importlib.metadata import packages_distributions, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.imports import ROOT

MOST_PACKAGES = 18
CLIENT_SIDE = (
    "clients.agency",
    "clients.enrolment",
    "clients.official",
    "clients.outbox",
    "clients.profile",
    "clients.reading",
    "clients.remote_official",
    "exchange.cli",
    "exchange.commands.enrol",
    "exchange.commands.send",
    "exchange.commands.receive",
    "exchange.commands.sign",
    "exchange.commands.sign_remote",
    "signing.remote_client",
)


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


_BLOCKER = """
import sys, importlib.abc
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Absent())
"""


def _outside_the_base() -> set[str]:
    """Top-level modules of every installed package that is not in the base."""
    base = {canonicalize_name(one) for one in _closure("lienthong")} | {"lienthong"}
    return {
        module
        for module, distributions in packages_distributions().items()
        if base.isdisjoint(map(canonicalize_name, distributions))
    }


@pytest.mark.parametrize("module", CLIENT_SIDE)
def test_client_side_works_with_the_base_install_alone(module: str) -> None:
    script = f"BLOCKED = {_outside_the_base()!r}\n{_BLOCKER}\nimport {module}"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.stderr == ""
    assert done.returncode == 0
