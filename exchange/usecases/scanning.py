"""What is held because the scanner for malware could not be asked about it."""

from exchange.domain.records import StoredReceipt
from exchange.storage.ports import Storage
from exchange.usecases.stated import stated_in
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import Step


async def awaits_scan(storage: Storage, envelope_id: EnvelopeId) -> bool:
    """Tell whether the hub held an envelope for want of the scanner's answer.

    Nobody but an operator lets it through then, and the hub when it has the answer.
    """
    receipts = await storage.envelopes.receipts(envelope_id)
    return any(_is_unscanned(one) for one in receipts if one.step is Step.HELD)


def _is_unscanned(receipt: StoredReceipt) -> bool:
    read = stated_in(receipt)
    return read is not None and any(
        ErrorCode.MALWARE_UNCHECKED in one.reasons for one in read.findings
    )
