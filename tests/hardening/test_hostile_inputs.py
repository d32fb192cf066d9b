"""Every kind of hostile PDF that was measured on the library: a coded verdict in time.

The names are the rows of the table of measured inputs; bounds on what a worker may use
are in `test_pdf_robustness`.
"""

import zlib
from collections.abc import AsyncIterator, Callable

import pytest

from schemas.errors import ErrorCode
from schemas.verdict import Indication, Verdict
from signing.workers import Job, WorkerFailure, verdict_of_failure
from signing.workers.pool import WorkerPool
from tests.support import hostile_pdf as hostile
from tests.support.encrypted_pdf import encrypted_pdf
from tests.support.judged_pdf import TRUSTED, codes, gap, person_signed, with_gap
from tests.support.pki import NOW
from tests.support.small_pdf import assemble, small_pdf

_SECONDS, _MEMORY = 8.0, 1 << 30
_MALFORMED = {ErrorCode.PDF_MALFORMED}
_EXCEEDED = {ErrorCode.PDF_MALFORMED, ErrorCode.LIMIT_EXCEEDED}
_DICTIONARY = {ErrorCode.SIGNATURE_DICTIONARY_INVALID, ErrorCode.BYTE_RANGE_INVALID}
_CMS = {ErrorCode.CMS_INVALID, ErrorCode.CONTENTS_PADDING_NOT_ZERO}
_NOT_SIGNED = {ErrorCode.NOT_SIGNED}


def _in_gap(content: bytes) -> bytes:
    start, end = gap(person_signed())
    return with_gap(person_signed(), content.ljust(end - start - 1, b"0") + b">")


def _with(old: bytes, new: bytes) -> bytes:
    """Replace something in the signed file, its length kept."""
    signed = person_signed()
    assert old in signed
    return signed.replace(old, new.ljust(len(old))[: len(old)])


def _bad_startxref() -> bytes:
    at = person_signed().rindex(b"startxref\n") + len(b"startxref\n")
    return person_signed()[:at] + b"9" + person_signed()[at + 1 :]


def _broken_hybrid() -> bytes:
    return small_pdf().replace(b"trailer\n<<", b"trailer\n<< /XRefStm 999999", 1)


def _claimed_count() -> bytes:
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1000000000 >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    return assemble({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: pages, 3: page})


def _cyclic_pages() -> bytes:
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    again = b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1 >>"
    return assemble({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: pages, 3: again})


def _claimed_size() -> bytes:
    data = small_pdf()
    start = data.index(b"/Size ")
    return data[:start] + b"/Size 2000000000" + data[start + len(b"/Size 4") :]


ROWS: dict[str, tuple[Callable[[], bytes], set[ErrorCode]]] = {
    "truncated": (lambda: person_signed()[:-700], _MALFORMED),
    "empty": (bytes, _MALFORMED),
    "zeros": (lambda: bytes(100_000), _MALFORMED),
    "header alone": (lambda: b"%PDF-1.7\n", _MALFORMED),
    "cut in half": (
        lambda: person_signed()[: len(person_signed()) // 2],
        _MALFORMED,
    ),
    "garbage": (lambda: zlib.compress(b"%PDF-1.7" * 4000) * 20, _MALFORMED),
    "no startxref": (lambda: _with(b"startxref", b"startxxxx"), _MALFORMED),
    "bad startxref": (_bad_startxref, _MALFORMED),
    "xref loop": (hostile.startxref_loop, _MALFORMED),
    "broken hybrid": (_broken_hybrid, _MALFORMED),
    "encrypted, no passphrase": (encrypted_pdf, {ErrorCode.PDF_ENCRYPTED}),
    "encrypted, passphrase": (lambda: encrypted_pdf("mở"), {ErrorCode.PDF_ENCRYPTED}),
    "/Count 1e9": (_claimed_count, _NOT_SIGNED),
    "/Size 2e9": (_claimed_size, _NOT_SIGNED),
    "cyclic page tree": (_cyclic_pages, _NOT_SIGNED),
    "xref stream bomb, 1 KB": (lambda: hostile.cross_reference_bomb(1), _EXCEEDED),
    "xref stream bomb, 10 KB": (lambda: hostile.cross_reference_bomb(10), _EXCEEDED),
    "xref stream bomb, 50 KB": (hostile.cross_reference_bomb, _EXCEEDED),
    "object stream bomb": (hostile.object_stream_bomb, _EXCEEDED),
    "8 MB hex string": (hostile.long_string, _NOT_SIGNED | _EXCEEDED),
    "shared kids, 5 deep": (lambda: hostile.shared_fields(8, 5), _MALFORMED),
    "shared kids, 20 deep": (hostile.shared_fields, _MALFORMED),
    "5000-deep page tree": (hostile.deep_page_tree, _NOT_SIGNED | _EXCEEDED),
    "20000-deep array": (hostile.deep_array, _MALFORMED),
    "reference loop": (hostile.reference_loop, _MALFORMED),
    "xref claims 2e9 entries": (hostile.claimed_entries, _MALFORMED),
    "CMS garbage": (lambda: _in_gap(b"<" + b"41" * 500), _CMS),
    "CMS zeros": (lambda: _in_gap(b"<"), _CMS),
    "/ByteRange broken": (lambda: _with(b"/ByteRange [", b"/ByteRange ("), _DICTIONARY),
    "/ByteRange missing": (lambda: _with(b"/ByteRange", b"/ByteRangX"), _DICTIONARY),
    "/ByteRange negative": (
        lambda: _with(b"/ByteRange [0 ", b"/ByteRange [-"),
        _DICTIONARY,
    ),
    "numeric /Contents": (
        lambda: _with(b"/Contents <", b"/Contents 1"),
        _DICTIONARY | _MALFORMED,
    ),
    "cyclic form tree": (hostile.field_loop, _MALFORMED),
}


@pytest.fixture(scope="module")
def signed() -> bytes:
    """Signed outside of any event loop."""
    return person_signed()


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    async with WorkerPool(1, _MEMORY, _SECONDS) as running:
        yield running


async def _verdict(pool: WorkerPool, data: bytes) -> Verdict:
    try:
        found = await pool.run(Job.JUDGE_PDF, data, material=TRUSTED, at=NOW)
    except WorkerFailure as failure:
        return verdict_of_failure(failure)
    assert isinstance(found, Verdict)
    return found


@pytest.mark.timeout(300)
async def test_every_row_ends_within_limits_with_a_coded_verdict(
    signed: bytes, pool: WorkerPool
) -> None:
    assert signed
    found = {}
    for name, (build, _) in ROWS.items():
        verdict = await _verdict(pool, build())
        assert verdict.indication is not Indication.TOTAL_PASSED, name
        found[name] = codes(verdict)
    wrong = {
        name: sorted(map(str, found[name]))
        for name, (_, expected) in ROWS.items()
        if not found[name] or not found[name] <= expected
    }
    assert not wrong
