"""No byte of an evidence bundle can change without being noticed and placed."""

import io
import zipfile

from schemas.errors import ErrorCode
from schemas.verdict import Indication, Verdict
from signing.validation.archive import MANIFEST
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from tests.support.evidence_bundle import ANNEX, Conversation
from tests.support.pki import TestPki

CONVERSATION = Conversation.create(TestPki.create(), [ANNEX])
BUNDLE = CONVERSATION.bundle()
MATERIAL = CONVERSATION.material()


def _judge(data: bytes) -> Verdict:
    return judge_bundle(data, material=MATERIAL, at=None, judge_pdf=judge_pdf)


def _spans() -> dict[str, range]:
    """Where the content of each member stands."""
    with zipfile.ZipFile(io.BytesIO(BUNDLE)) as archive:
        return {
            one.filename: range(
                one.header_offset + 30 + len(one.filename),
                one.header_offset + 30 + len(one.filename) + one.file_size,
            )
            for one in archive.infolist()
        }


def _flipped(position: int) -> bytes:
    changed = bytearray(BUNDLE)
    changed[position] ^= 1 << position % 8
    return bytes(changed)


def test_genuine_bundle_passes() -> None:
    assert _judge(BUNDLE).indication is Indication.TOTAL_PASSED


def test_every_byte_between_the_members_fails_as_structure() -> None:
    content = {position for span in _spans().values() for position in span}
    structure = [one for one in range(len(BUNDLE)) if one not in content]
    assert len(structure) > 1000
    for position in structure:
        verdict = _judge(_flipped(position))
        assert verdict.indication is Indication.TOTAL_FAILED
        codes = {one.code for one in verdict.reasons}
        assert ErrorCode.BUNDLE_STRUCTURE_INVALID in codes


def test_bytes_of_every_member_fail_under_its_name() -> None:
    for name, span in _spans().items():
        for position in (span[0], span[len(span) // 2], span[-1]):
            verdict = _judge(_flipped(position))
            assert verdict.indication is Indication.TOTAL_FAILED
            places = {one.place for one in verdict.reasons}
            assert name in places or name == MANIFEST
