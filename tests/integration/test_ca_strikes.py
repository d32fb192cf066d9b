"""kill -9 at chosen points inside what a CA and its desk do, before and after calls.

`tests/support/struck_ca.py` strikes. Afterwards everything opens, the audit finds
nothing, what was done stays done, and doing the step again brings it to its end, once.
"""

import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from pki.ca.audit import audit_folder
from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.ca.layout import labels_in
from pki.ca.serials import read_serials
from pki.errors import PkiError
from pki.journal.store import CaAction
from pki.kinds import CertificateKind
from pki.names import SubjectFields, agency_of
from pki.registration.desk import RegistrationDesk
from pki.registration.records import EnrolmentOrder, RequestState
from pki.registry.api import RegisteredCertificate
from schemas.identifiers import OrganId
from tests.support.certificates import p256
from tests.support.desk import CLERK, FIRST, SECOND, application, person, system
from tests.support.requests import csr
from tests.support.struck_ca import SETTLED, STEPS, Ground

pytestmark = pytest.mark.integration

MADE_ANEW = frozenset({"issue", "issue-group", "generation"})
"""Steps that mean another certificate when they are done again."""


@dataclass(frozen=True, slots=True)
class Striker:
    """The process that forks and strikes."""

    process: "subprocess.Popen[str]"

    def strike(self, folder: Path, step: str, point: int) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{folder} {step} {point}\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told


@pytest.fixture(scope="module")
def striker() -> Iterator[Striker]:
    words = [sys.executable, "-m", "tests.support.struck_ca"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Striker(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CA, operators, certificates, a request and a code."""
    folder = tmp_path_factory.mktemp("ground")
    with (
        create_hierarchy(folder / "pki", HierarchySettings()) as hierarchy,
        RegistrationDesk.open(folder / "pki", hierarchy) as desk,
    ):
        for number, one in enumerate((FIRST, SECOND)):
            desk.add_operator(one, CLERK, (FIRST, SECOND)[:number])

        def issue(kind: CertificateKind, names: SubjectFields) -> str:
            made = hierarchy.issue(kind, names, p256().public_key())
            return f"{made.serial_number:x}"

        facts = {
            one: issue(CertificateKind.PERSON, person(common_name=one))
            for one in ("revoked", "suspended", "released")
        }
        for agency in ("H99.151", "H99.152"):
            names = f"UBND {agency}"
            seal = SubjectFields(common_name=names, organ_id=OrganId(agency))
            issue(CertificateKind.AGENCY_SEAL, seal)
        hierarchy.suspend(int(facts["released"], 16))
        pending = desk.submit(application(), CLERK)
        desk.approve(pending.id, FIRST)
        order = EnrolmentOrder(kind=CertificateKind.SYSTEM, names=system())
        code = desk.make_code(order, FIRST)
        facts |= {"pending": pending.id, "code": code.id, "secret": code.secret}
        facts |= {one: csr().decode() for one in ("asked", "coded")}
    (folder / "facts.json").write_text(json.dumps(facts))
    return folder


def check_folder(folder: Path) -> None:
    assert [one.findings for one in audit_folder(folder) if one.findings] == []


def check_struck(folder: Path) -> None:
    """Right after the kill a list or record may be behind; no journal is broken."""
    codes = {found.code for one in audit_folder(folder) for found in one.findings}
    assert codes <= {"published_differs"}


def held_in(ground: Ground) -> dict[int, RegisteredCertificate]:
    return {one.serial: one for one in ground.hierarchy.certificates()}


def check_records(folder: Path, ground: Ground) -> None:
    """No serial number twice, none unpublished, no CA without a list, none short."""
    lists = {path.stem for path in folder.glob("*.crl")}
    assert lists == set(map(str, labels_in(folder)))
    for label in ground.hierarchy.labels:
        entries = ground.hierarchy.journal_of(label)
        for action in (CaAction.ISSUANCE_BEGUN, CaAction.CERTIFICATE_ISSUED):
            subjects = [one.subject for one in entries if one.action is action]
            assert len(subjects) == len(set(subjects))
    held = held_in(ground)
    listed: set[int] = set()
    for path in folder.glob("*.crl"):
        crl = x509.load_der_x509_crl(path.read_bytes())
        listed |= {one.serial_number for one in crl}
    assert listed == {serial for serial, one in held.items() if one.revoked_at}
    published = set[int]().union(*map(read_serials, folder.glob("*.serials")))
    ends = {one.serial for one in held.values() if "issuing" not in one.kind}
    assert ends == published


def finish(step: str, ground: Ground) -> None:
    """Do the step again, as whoever saw no answer would."""
    try:
        STEPS[step](ground)
    except PkiError as refusal:
        if refusal.code not in SETTLED:
            raise


def check_outcome(step: str, ground: Ground) -> None:
    held = held_in(ground)
    match step:
        case "revoke":
            entry = held[ground.serial("revoked")]
            assert entry.reason is x509.ReasonFlags.key_compromise
        case "suspend":
            assert held[ground.serial("suspended")].is_suspended
        case "release":
            assert held[ground.serial("released")].revoked_at is None
        case "submit":
            states = [one.state for one in ground.desk.list()]
            assert states == [RequestState.PENDING] * 2
        case "approve" | "enrol":
            (done,) = ground.desk.list(RequestState.ISSUED)
            assert done.serial is not None
            request = x509.load_der_x509_csr(done.application.csr)
            holders = ground.hierarchy.holders_of_key(request.public_key())  # type: ignore[arg-type]  # a P-256 key
            assert [one.serial for one in holders] == [done.serial]
        case "merge":
            seals = [
                (agency_of(x509.load_der_x509_certificate(one.der)), one.revoked_at)
                for one in held.values()
                if one.kind is CertificateKind.AGENCY_SEAL
            ]
            agencies = [agency for agency, revoked in seals if revoked is None]
            assert agencies == ["H99.200"]
            assert len(seals) == 3
        case _:
            assert step == "publish"


def survive(folder: Path, step: str) -> None:
    """Open what a strike left, and bring it to its end."""
    check_struck(folder)
    with ExitStack() as stack:
        opened = Ground.open(folder, stack)
        check_folder(folder)
        check_records(folder, opened)
        if step not in MADE_ANEW:
            finish(step, opened)
            check_outcome(step, opened)
        check_records(folder, opened)
    check_folder(folder)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "each", [1, pytest.param(12, marks=pytest.mark.prove, id="long")]
)
def test_killed_at_chosen_points_everything_is_whole_and_comes_to_its_end(
    striker: Striker, ground: Path, tmp_path: Path, each: int
) -> None:
    chance = random.Random()
    struck: Counter[str] = Counter()
    for step in STEPS:
        counting = Path(shutil.copytree(ground, tmp_path / f"{step}-whole"))
        whole = striker.strike(counting / "pki", step, -1)
        assert not whole["killed"], step
        width = whole["points"] / each
        for number in range(each):
            point = int((number + chance.random()) * width)
            copy = Path(shutil.copytree(ground, tmp_path / f"{step}-{number}"))
            told = striker.strike(copy / "pki", step, point)
            assert told["killed"], (step, point, whole["points"])
            struck[step] += 1
            try:
                survive(copy / "pki", step)
            except AssertionError as error:
                error.add_note(f"{step}, point {point} of {whole['points']}")
                raise
    sys.stdout.write(json.dumps({"prove": "ca strikes", "points": struck}) + "\n")
    assert struck.total() == each * len(STEPS)
