"""Every known attack gets the verdict that its table says, and genuine files pass."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.fields import MDPPerm

from schemas.errors import ErrorCode
from schemas.verdict import Indication, Verdict
from signing.api import verify_file
from signing.profiles import SignatureLevel
from signing.workers import WorkerFailure, verdict_of_failure
from signing.workers.once import SINGLE_FILE, perform
from signing.workers.process import WorkerProcess
from signing.workers.protocol import Job, Request
from tests.support import later_revisions as later
from tests.support.attacks.known import KNOWN
from tests.support.attacks.model import Attack, Attacked, Row
from tests.support.attacks.outside import stranger, with_addresses
from tests.support.attacks.revisions import PADES, certified
from tests.support.attacks.shown import over_the_sum, signed
from tests.support.attacks.status import genuine_answer
from tests.support.attacks.table import ATTACKS, attack_page
from tests.support.judged_pdf import AGENCY, PERSON, codes, person_signed, roomy, sealed
from tests.support.later_revisions import revised
from tests.support.levels import LevelDesk
from tests.support.odd_cms import resigned
from tests.support.signed_pdf import LETTER
from tests.support.stock_signer import stock_signed
from tests.support.timed_pdf import archived, everything, example

_PAGE = Path(__file__).parents[2] / "docs" / "attacks.md"
_AT_LEAST = 60


class Desk:
    """One warm worker, replaced when a file breaks it, as in the service."""

    def __init__(self) -> None:
        self._worker = self._spawned()

    def judge(self, attacked: Attacked) -> Verdict:
        """Judge as `lienthong verify` does, but for the start of the process."""
        request = Request(
            job=Job.JUDGE_PDF,
            payload=attacked.data,
            material=attacked.material,
            at=attacked.at,
        )
        try:
            found = perform(self._worker, request)
        except WorkerFailure as failure:
            self.close()
            self._worker = self._spawned()
            return verdict_of_failure(failure)
        assert isinstance(found, Verdict)
        return found

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    @staticmethod
    def _spawned() -> WorkerProcess:
        return WorkerProcess((Job.JUDGE_PDF,), SINGLE_FILE)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.name)
def test_attack_gets_its_verdict(attack: Attack, desk: Desk) -> None:
    verdict = desk.judge(attack.build())
    assert verdict.indication is attack.indication
    assert attack.code in codes(verdict)


def test_every_row_has_attacks_and_every_attack_a_name() -> None:
    assert {one.row for one in ATTACKS} == set(Row)
    assert len({one.name for one in ATTACKS}) == len(ATTACKS) >= _AT_LEAST


def test_no_known_class_of_attacks_is_uncovered() -> None:
    assert {row for rows in KNOWN.values() for row in rows} == set(Row)
    attacked = {one.row for one in ATTACKS}
    uncovered = [name for name, rows in KNOWN.items() if not attacked.issuperset(rows)]
    assert not uncovered


def test_no_attack_passes() -> None:
    passing = [one.name for one in ATTACKS if one.indication is Indication.TOTAL_PASSED]
    assert not passing


def test_page_of_attacks_is_what_the_table_says() -> None:
    printed = "python -m tests.support.attacks.table > docs/attacks.md"
    assert _PAGE.read_text("utf-8") == attack_page(), printed


def test_addresses_in_a_certificate_are_not_asked(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as asked:
        asked.setblocking(False)
        verdict = desk.judge(with_addresses(asked.getsockname()[1]))
        with pytest.raises(BlockingIOError):
            asked.accept()
    assert codes(verdict) == {ErrorCode.REVOCATION_UNCHECKED}


def test_roots_of_the_system_are_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "roots.pem"
    path.write_bytes(stranger().root.root.public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    attack = next(one for one in ATTACKS if one.name == "root-of-the-same-name")
    with closing(Desk()) as fresh:
        verdict = fresh.judge(attack.build())
    assert codes(verdict) == {ErrorCode.CHAIN_NOT_FOUND}


_SAMPLE = ("swa-tail-twice", "isa-new-contents", "gap-mixed-case", "cms-two-signers")


@pytest.mark.parametrize("name", _SAMPLE)
def test_the_command_says_the_same(name: str, tmp_path: Path) -> None:
    attack = next(one for one in ATTACKS if one.name == name)
    attacked, path = attack.build(), tmp_path / "file"
    path.write_bytes(attacked.data)
    verdict = verify_file(path, material=attacked.material, at=attacked.at)
    assert verdict.indication is attack.indication
    assert attack.code in codes(verdict)


def _level(level: SignatureLevel) -> Attacked:
    desk = LevelDesk()
    signed = desk.signed(LETTER.read_bytes(), level)
    return Attacked(signed, desk.material(), desk.now)


def _renewed() -> Attacked:
    made, data = example(SignatureLevel.B_LTA)
    later_on = replace(made, now=made.now + timedelta(days=1))
    return Attacked(
        archived(data, later_on), everything(later_on), later_on.now + timedelta(1)
    )


_LIKE_A_SEAL = b"0.8 0 0 RG 1 w 50 1 m 90 15 l 50 29 l 10 15 l s"
_LINK = (
    "<< /Type /Annot /Subtype /Link /Rect [9 9 99 99] "
    "/A << /S /URI /URI (https://chinhphu.vn/) >> >>"
)
_GENUINE: dict[str, Callable[[], Attacked]] = {
    "person": lambda: Attacked(person_signed()),
    "other program": lambda: Attacked(roomy()),
    "other CMS": lambda: Attacked(resigned(roomy(), PERSON)),
    "seal as second signature": lambda: Attacked(sealed()),
    "second signature that shows": lambda: Attacked(
        stock_signed(
            person_signed(), AGENCY, "two", subfilter=PADES, box=(300, 100, 500, 200)
        )
    ),
    "drawing over signed text": lambda: Attacked(over_the_sum(_LIKE_A_SEAL)),
    "empty list of layers": lambda: Attacked(
        signed("/OCProperties << /OCGs [] /D << >> >>")
    ),
    "links to pages and the web": lambda: Attacked(
        signed("", {4: _LINK}, "/Annots [4 0 R]")
    ),
    "later security store": lambda: Attacked(revised(sealed(), later.security_store)),
    "certified, seal allowed": lambda: Attacked(
        stock_signed(certified(MDPPerm.FILL_FORMS), AGENCY, "seal", subfilter=PADES)
    ),
    "certified, store later": lambda: Attacked(
        revised(certified(MDPPerm.NO_CHANGES), later.security_store)
    ),
    "level B-T": lambda: _level(SignatureLevel.B_T),
    "level B-LT": lambda: _level(SignatureLevel.B_LT),
    "level B-LTA": lambda: _level(SignatureLevel.B_LTA),
    "archive renewed": _renewed,
    "OCSP answer for a list": genuine_answer,
}


@pytest.mark.parametrize("what", _GENUINE)
def test_genuine_file_passes(what: str, desk: Desk) -> None:
    verdict = desk.judge(_GENUINE[what]())
    assert verdict.indication is Indication.TOTAL_PASSED, codes(verdict)
