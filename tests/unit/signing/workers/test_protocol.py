"""What a worker reads is what its parent wrote."""

from dataclasses import fields
from io import BytesIO

from pki.trust import TrustMaterial
from signing.workers.protocol import Job, Request, read_request, write_request
from tests.support.pki import NOW


def test_request_crosses_the_border_whole() -> None:
    groups = {
        one.name: (one.name.encode(), bytes(number))
        for number, one in enumerate(fields(TrustMaterial))
    }
    request = Request(
        job=Job.JUDGE_PDF,
        payload=b"%PDF-1.7",
        material=TrustMaterial(**groups),
        at=NOW,
    )
    assert read_request(BytesIO(b"".join(write_request(request)))) == request
