"""What a worker reads is what its parent wrote."""

from dataclasses import fields
from io import BytesIO

from pki.policy.reading import default_policy
from pki.trust import TrustMaterial
from signing.workers.protocol import (
    NO_MATERIAL,
    Job,
    Request,
    kept_after,
    read_request,
    write_request,
)
from tests.support.pki import NOW


def test_request_crosses_the_border_whole() -> None:
    groups = {
        one.name: (one.name.encode(), bytes(number))
        for number, one in enumerate(fields(TrustMaterial))
        if one.name != "policy"
    }
    request = Request(
        job=Job.JUDGE_PDF,
        payload=b"%PDF-1.7",
        material=TrustMaterial(**groups, policy=default_policy()),
        at=NOW,
    )
    assert read_request(BytesIO(b"".join(write_request(request)))) == request


def test_material_that_the_worker_keeps_does_not_cross_again() -> None:
    lists = TrustMaterial((b"root",), (), (bytes(100_000),))
    request = Request(job=Job.JUDGE_PDF, payload=b"%PDF-1.7", material=lists, at=NOW)
    kept = kept_after(request, NO_MATERIAL)
    parts = write_request(request, kept)
    assert sum(map(len, parts)) < 1000
    assert read_request(BytesIO(b"".join(parts)), kept) == request


def test_material_that_differs_crosses_whole() -> None:
    before = TrustMaterial((b"root",), (), (b"old",))
    after = Request(job=Job.JUDGE_PDF, payload=b"", material=TrustMaterial((b"root",)))
    assert (
        read_request(BytesIO(b"".join(write_request(after, before))), before) == after
    )


def test_job_without_material_leaves_what_is_kept() -> None:
    kept = TrustMaterial((b"root",))
    lines = Request(job=Job.FIRST_PAGE_LINES, payload=b"")
    assert kept_after(lines, kept) is kept
    assert read_request(BytesIO(b"".join(write_request(lines, kept))), kept) == lines
