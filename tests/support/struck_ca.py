"""A process that is killed at a chosen point of what it does in a CA folder.

Called as `python -m tests.support.struck_ca`. It reads lines `FOLDER STEP POINT` and
forks for each: the child does the step and kills itself with SIGKILL at a point. Points
are right before and right after each call that reads, writes or signs, counted from 0;
a POINT below 0 only counts them. It answers with a line of JSON.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from cryptography import x509

from pki.ca.founding import HierarchySettings, create_generation
from pki.ca.hierarchy import Hierarchy
from pki.ca.issuing import IssueOrder
from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.registration.desk import RegistrationDesk
from pki.registration.merger import approve_merger, file_merger, run_merger
from pki.registration.merger_plan import Merger
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.certificates import p256
from tests.support.desk import CLERK, FIRST, SECOND, application, person

WATCHED = frozenset({"execute", "fsync", "replace", "write", "truncate", "sign"})
"""C functions by name: SQLite's statements, files, keys."""

JOINED = Merger(
    into=OrganId("H99.200"),
    sources=(OrganId("H99.151"), OrganId("H99.152")),
    keep=OrganId("H99.151"),
    name="UBND xã Mới",
)
SETTLED = frozenset(
    {
        ErrorCode.ALREADY_REVOKED,
        ErrorCode.ALREADY_SUSPENDED,
        ErrorCode.APPROVER_NOT_DISTINCT,
        ErrorCode.REQUEST_CLOSED,
        ErrorCode.NOT_SUSPENDED,
    }
)
"""What a step that is done again may be told."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A prepared CA folder, opened, and what is in it to work on."""

    folder: Path
    hierarchy: Hierarchy
    desk: RegistrationDesk
    facts: Mapping[str, str]

    @classmethod
    def open(cls, folder: Path, stack: ExitStack) -> "Ground":
        """Open it; what a crash left is repaired."""
        hierarchy = stack.enter_context(Hierarchy.open(folder))
        desk = stack.enter_context(RegistrationDesk.open(folder, hierarchy))
        facts = json.loads((folder.parent / "facts.json").read_bytes())
        return cls(folder, hierarchy, desk, facts)

    def serial(self, name: str) -> int:
        return int(self.facts[name], 16)

    def request(self, name: str) -> bytes:
        return self.facts[name].encode()


def _issue(ground: Ground) -> list[int]:
    key = p256().public_key()
    return [ground.hierarchy.issue(CertificateKind.PERSON, person(), key).serial_number]


def _issue_group(ground: Ground) -> list[int]:
    names = SubjectFields(common_name="UBND", organ_id=OrganId("H99.151"))
    kinds = (CertificateKind.PERSON, CertificateKind.AGENCY_SEAL, CertificateKind.LOG)
    orders = (
        IssueOrder(kind=one, names=names, public_key=p256().public_key())
        for one in kinds
    )
    return [one.serial_number for one in ground.hierarchy.issue_many(orders)]


def _revoke(ground: Ground) -> list[int]:
    serial = ground.serial("revoked")
    ground.hierarchy.revoke(serial, x509.ReasonFlags.key_compromise, act=CLERK)
    return [serial]


def _suspend(ground: Ground) -> list[int]:
    ground.hierarchy.suspend(ground.serial("suspended"), act=CLERK)
    return [ground.serial("suspended")]


def _release(ground: Ground) -> list[int]:
    ground.hierarchy.release(ground.serial("released"), act=CLERK)
    return [ground.serial("released")]


def _publish(ground: Ground) -> list[int]:
    ground.hierarchy.write_crls(CLERK)
    return []


def _generation(ground: Ground) -> list[int]:
    kind = CertificateKind.ISSUING_PERSONS
    create_generation(ground.folder, kind, HierarchySettings(), act=CLERK)
    return []


def _submit(ground: Ground) -> list[int]:
    ground.desk.submit(application(request=ground.request("asked")), CLERK)
    return []


def _approve(ground: Ground) -> list[int]:
    done = ground.desk.approve(ground.facts["pending"], SECOND)
    return [done.serial] if done.serial else []


def _enrol(ground: Ground) -> list[int]:
    code, secret = ground.facts["code"], ground.facts["secret"]
    done = ground.desk.enrol_with_code(code, secret, ground.request("coded"))
    return [done.certificate.serial_number] if done.certificate else []


def _merge(ground: Ground) -> list[int]:
    office = ground.desk.office
    record = file_merger(office, JOINED, CLERK)
    for one in (FIRST, SECOND):
        try:
            approve_merger(office, record.id, one)
        except PkiError as refusal:
            if refusal.code not in SETTLED:
                raise
    return list(run_merger(office, record.id, CLERK))


STEPS: Mapping[str, Callable[[Ground], list[int]]] = {
    "issue": _issue,
    "issue-group": _issue_group,
    "revoke": _revoke,
    "suspend": _suspend,
    "release": _release,
    "publish": _publish,
    "generation": _generation,
    "submit": _submit,
    "approve": _approve,
    "enrol": _enrol,
    "merge": _merge,
}


class _Strike:
    """Counts calls through the profiler, and strikes at one of them."""

    def __init__(self, point: int) -> None:
        self.passed = 0
        self._point = point

    def __call__(self, _frame: FrameType, event: str, called: object) -> None:
        is_watched = event in {"c_call", "c_return"}
        if is_watched and getattr(called, "__name__", "") in WATCHED:
            if self.passed == self._point:
                os.kill(os.getpid(), signal.SIGKILL)
            self.passed += 1


def _child(folder: Path, step: str, point: int, answer: int) -> None:
    with ExitStack() as stack:
        ground = Ground.open(folder, stack)
        strike = _Strike(point)
        sys.setprofile(strike)
        done = STEPS[step](ground)
        sys.setprofile(None)
    told = {"done": [f"{one:x}" for one in done], "points": strike.passed}
    os.write(answer, json.dumps(told).encode())


def main() -> None:
    """Fork for each line; the child that was killed has nothing to say."""
    for line in sys.stdin:
        folder, step, point = line.split()
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            _child(Path(folder), step, int(point), writing)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as answer:
            told = json.loads(answer.read() or b"{}")
        _, status = os.waitpid(child, 0)
        told["killed"] = os.WIFSIGNALED(status)
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
