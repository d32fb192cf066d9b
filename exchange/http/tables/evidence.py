"""Routes of evidence, the log and verdicts."""

from exchange.domain.roles import ANYBODY_KNOWN, READERS
from exchange.http import evidence, verifying
from exchange.http.answers import JSON, OCTETS, XML, ZIP
from exchange.http.route import Query, Route

_AGENCY = Query(name="agency", summary="Mã cơ quan đứng tên / acting agency")

EVIDENCE_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/envelopes/{id}/evidence",
        operation_id="readEvidence",
        summary="Hồ sơ chứng cứ / the evidence bundle",
        handler=evidence.bundle,
        allowed=READERS,
        answers={200: ZIP},
        query=(_AGENCY,),
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/v1/log/head",
        operation_id="readLogHead",
        summary="Đầu nhật ký / the signed tree head of the log",
        handler=evidence.log_head,
        allowed=ANYBODY_KNOWN,
        answers={200: XML},
    ),
    Route(
        method="GET",
        path="/v1/log/consistency",
        operation_id="readLogConsistency",
        summary="Chứng minh nhật ký chỉ dài thêm / proof that the log only grew",
        handler=evidence.log_consistency,
        allowed=ANYBODY_KNOWN,
        answers={200: JSON},
        query=(
            Query(
                name="first",
                summary="số mục trước đây / entries of the earlier head",
                required=True,
                is_number=True,
            ),
            Query(
                name="second",
                summary="số mục về sau / entries of the later head",
                required=True,
                is_number=True,
            ),
        ),
    ),
    Route(
        method="POST",
        path="/v1/verify",
        operation_id="verifyFile",
        summary="Kiểm tra tệp đã ký / the verdict on a signed file; nothing is kept",
        handler=verifying.verify,
        allowed=ANYBODY_KNOWN,
        request=(OCTETS, "application/pdf", XML, "multipart/related", ZIP),
        answers={200: JSON},
        also=(XML, "text/html"),
        query=(Query(name="lang", summary="vi, en: tiếng của trang / of the page"),),
        is_transfer=True,
    ),
)
