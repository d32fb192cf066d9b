"""What one caller may ask for."""

from dataclasses import dataclass

_KIB = 1024
_MIB = 1024 * _KIB
_GIB = 1024 * _MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """What one caller may ask for (docs/protocol.md).

    Args:
        inline_body_bytes: larger bodies are stored in chunks.
        xml_bytes: largest XML part without attachments.
        channel_xml_bytes: the same from a peer that does not sign.
        body_bytes: largest request body of an envelope.
        small_body_bytes: largest body of any other request.
        attachment_bytes: largest attachment.
        attachments: most attachments of one envelope.
        uploads: most uploads of one system that no envelope has taken yet.
        concurrent_intakes: envelopes taken in at once by one process.
        request_seconds: longest time for one request without a large body.
        transfer_seconds: longest time for one request with a large body, in or out.
        idle_seconds: longest pause within a body that comes in.
        inbox_wait_seconds: longest wait for inbox news.
        inbox_page: most inbox items in one answer.
        lease_seconds: longest time a poller may have an item to itself.
        processing_seconds: how long a delivery is its recipient's alone after the
            transport word `processing`; then it is available again.
        events_seconds: longest time one stream of inbox events stays open.
        event_streams: most streams of inbox events of one system at one process.
        stuck_seconds: a delivery that is not moved on for as long is reported.
        pdf_bytes: largest PDF that is judged; larger ones are held.
        pdf_memory_bytes: memory of one PDF worker.
        pdf_seconds: time for one PDF.
        evidence_wait_seconds: how long evidence waits for its log entries.
        signing_bytes: largest PDF that is prepared for a key elsewhere.
        signing_seconds: how long a prepared file waits for its signature.
        system_requests_per_second: of one system; 0: no limit.
        system_intakes_per_second: documents, statuses and files to sign of one system,
            letters and statuses of one person at the console; 0: no limit.
        system_bytes_per_day: what one system, or one person at the console, may send in
            a day (UTC); 0: no limit.
        agency_stored_bytes: what is stored of one agency's documents; 0: no limit.
        free_bytes: with less room where the database is, nothing is taken in; kept for
            checks, receipts and the log of what was.
    """

    inline_body_bytes: int = _MIB
    xml_bytes: int = 2_000_000
    channel_xml_bytes: int = 256 * _KIB
    body_bytes: int = 4 * _GIB
    small_body_bytes: int = 256 * _KIB
    attachment_bytes: int = 2 * _GIB
    attachments: int = 1000
    uploads: int = 16
    concurrent_intakes: int = 64
    request_seconds: float = 90.0
    transfer_seconds: float = 3600.0
    idle_seconds: float = 30.0
    inbox_wait_seconds: float = 60.0
    inbox_page: int = 200
    lease_seconds: float = 3600.0
    processing_seconds: float = 3600.0
    events_seconds: float = 900.0
    event_streams: int = 8
    stuck_seconds: float = 900.0
    pdf_bytes: int = 256 * _MIB
    pdf_memory_bytes: int = 3 * _GIB // 2
    pdf_seconds: float = 30.0
    evidence_wait_seconds: float = 10.0
    signing_bytes: int = 64 * _MIB
    signing_seconds: float = 900.0
    system_requests_per_second: int = 1000
    system_intakes_per_second: int = 1000
    system_bytes_per_day: int = 0
    agency_stored_bytes: int = 0
    free_bytes: int = 512 * _MIB
