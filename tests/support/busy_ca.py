"""A process that works on a CA folder until it is killed, and says what is done.

Called as `python -m tests.support.busy_ca FOLDER`: a line for each finished step.
"""

import sys
from itertools import count
from pathlib import Path

from pki.ca.hierarchy import Hierarchy
from pki.ca.issuing import IssueOrder
from pki.keys.software import generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.identifiers import OrganId

NAMES = SubjectFields(common_name="Đoàn Thạch Khuê", organ_id=OrganId("H99.151"))


def main(folder: Path) -> None:
    """Issue, revoke, suspend, release and publish in turn."""
    with Hierarchy.open(folder) as hierarchy:
        _say("ready", 0)
        for turn in count():
            made = [
                one.serial_number
                for one in hierarchy.issue_many(_order() for _ in range(4))
                if _say("issued", one.serial_number)
            ]
            hierarchy.revoke(made[0])
            _say("revoked", made[0])
            hierarchy.suspend(made[1])
            _say("suspended", made[1])
            hierarchy.suspend(made[2])
            hierarchy.release(made[2])
            _say("released", made[2])
            if turn % 3 == 0:
                hierarchy.write_crls()


def _order() -> IssueOrder:
    key = generate().public_key
    return IssueOrder(kind=CertificateKind.PERSON, names=NAMES, public_key=key)


def _say(what: str, serial: int) -> bool:
    sys.stdout.write(f"{what} {serial:x}\n")
    sys.stdout.flush()
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]))
