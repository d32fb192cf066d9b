"""kill -9 of processes that work on one CA folder: nothing lost, doubled or half."""

import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ca.audit import audit_folder
from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.ca.hierarchy import Hierarchy
from pki.ca.serials import read_serials
from pki.registry.api import RegisteredCertificate
from tests.support.judges import run

LABEL = "issuing-persons"
Told = dict[str, set[int]]


def busy(folder: Path) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "tests.support.busy_ca", str(folder)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def killed_at_random(folder: Path, told: Told, chance: random.Random) -> None:
    """Let two processes work at once, and kill them one after the other."""
    working = [busy(folder), busy(folder)]
    for one in working:
        assert one.stdout is not None
        assert one.stdout.readline().startswith("ready")
    for one in working:
        time.sleep(chance.uniform(0.02, 0.5))
        one.kill()
        said, _ = one.communicate()
        for line in said.splitlines(keepends=True):
            what, _, serial = line.partition(" ")
            if line.endswith("\n"):
                told[what].add(int(serial, 16))


def check_sound(folder: Path) -> None:
    audited = audit_folder(folder)
    findings = [one.findings for one in audited]
    assert findings == [[]] * len(audited)


def check_kept(folder: Path, told: Told) -> None:
    """Everything that was said to be done is on record, and published."""
    with Hierarchy.open(folder) as hierarchy:
        held = {one.serial: one for one in hierarchy.certificates()}
        entries = hierarchy.journal_of(LABEL)
    begun = [one.subject for one in entries if one.action == "issuance_begun"]
    assert len(begun) == len(set(begun))
    assert told["issued"] <= held.keys()
    assert told["issued"] <= read_serials(folder / f"{LABEL}.serials")
    assert {one for one in told["revoked"] if not held[one].revoked_at} == set()
    assert {one for one in told["suspended"] if not held[one].is_suspended} == set()
    assert {one for one in told["released"] if held[one].revoked_at} == set()
    crl = x509.load_der_x509_crl((folder / f"{LABEL}.crl").read_bytes())
    listed = {one.serial_number for one in crl}
    assert listed == {
        serial
        for serial, one in held.items()
        if one.revoked_at and one.kind == "person"
    }
    check_openssl(folder, list(held.values())[-60:])


def check_openssl(folder: Path, some: list[RegisteredCertificate]) -> None:
    """`openssl verify -crl_check` tells the same as the registry."""
    crl = x509.load_der_x509_crl((folder / f"{LABEL}.crl").read_bytes())
    lists = folder.parent / "lists.pem"
    lists.write_bytes(crl.public_bytes(Encoding.PEM))
    for one in (one for one in some if one.kind == "person"):
        leaf = folder.parent / "leaf.pem"
        certificate = x509.load_der_x509_certificate(one.der)
        leaf.write_bytes(certificate.public_bytes(Encoding.PEM))
        done = run(
            *("openssl", "verify", "-crl_check", "-CRLfile", lists),
            *("-CAfile", folder / "root.pem"),
            *("-untrusted", folder / f"{LABEL}.pem", leaf),
        )
        assert (done.returncode == 0) is (one.revoked_at is None), done.stderr


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "rounds", [5, pytest.param(25, marks=pytest.mark.prove, id="long")]
)
def test_killed_processes_lose_double_and_forget_nothing(
    tmp_path: Path, rounds: int
) -> None:
    folder = tmp_path / "pki"
    create_hierarchy(folder, HierarchySettings()).close()
    told: Told = defaultdict(set)
    chance = random.Random()
    for _ in range(rounds):
        killed_at_random(folder, told, chance)
        check_sound_or_unpublished(folder)
        with Hierarchy.open(folder):
            pass
        check_sound(folder)
    check_kept(folder, told)
    assert len(told["issued"]) > rounds


def check_sound_or_unpublished(folder: Path) -> None:
    """Right after a kill a list alone may be behind; journals never are broken."""
    codes = {found.code for one in audit_folder(folder) for found in one.findings}
    assert codes <= {"published_differs"}
