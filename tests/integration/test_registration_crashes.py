"""A desk killed while it issues: each request has one certificate, found or made."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pki.ca.hierarchy import Hierarchy
from pki.kinds import CertificateKind
from pki.registration.book import Table
from pki.registration.desk import RegistrationDesk
from pki.registration.records import RequestState
from tests.support.batches import batch_files
from tests.support.cli import lienthong

pytestmark = pytest.mark.integration

KILLS, REQUESTS = 6, 40
_CHILD = """
import sys
from pathlib import Path
from pki.ca.hierarchy import Hierarchy
from pki.journal.store import Act
from pki.kinds import CertificateKind
from pki.registration.desk import RegistrationDesk
from tests.support.desk import application, person

ca, requests = Path(sys.argv[1]), Path(sys.argv[2])
with Hierarchy.open(ca) as hierarchy, RegistrationDesk.open(ca, hierarchy) as desk:
    print("ready", flush=True)
    for one in sorted(requests.iterdir()):
        names = person(common_name=f"Cán bộ {one.stem}")
        asked = application(names=names, request=one.read_bytes())
        desk.submit(asked, Act(actor="văn thư"))
print("done", flush=True)
"""


def run_until_killed(ca: Path, requests: Path, seconds: float) -> bool:
    """Submit all requests again and again; tell whether it came to the end."""
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(ca), str(requests)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(seconds)
    os.kill(child.pid, signal.SIGKILL)
    with child.stdout:
        ended = child.stdout.read() == "done\n"
    child.wait()
    return ended


def test_killed_desk_issues_once_per_request(tmp_path: Path) -> None:
    files = batch_files(tmp_path, rows=REQUESTS)
    var = tmp_path / "var"
    lienthong("pki", "init", "--name", "Thử", "--approvals", "none", "--var", var)
    dice = random.Random(3)
    for _ in range(KILLS):
        run_until_killed(var / "pki", files.requests, dice.uniform(0.02, 0.3))

    ca = var / "pki"
    with Hierarchy.open(ca) as hierarchy, RegistrationDesk.open(ca, hierarchy) as desk:
        requests = desk.list()
        made = [
            f"{one.serial:x}"
            for one in hierarchy.certificates()
            if one.kind is CertificateKind.PERSON
        ]
        claimed = [key for key, _ in desk.office.book.page.all(Table.CLAIM)]
    assert requests
    assert {one.state for one in requests} == {RequestState.ISSUED}
    assert len({one.application.names.common_name for one in requests}) == len(requests)
    assert sorted(f"{one.serial:x}" for one in requests) == sorted(made)
    assert sorted(claimed) == sorted(made)
    assert lienthong("pki", "audit", "--var", var).code == 0
