"""Whether what the hub signs would be believed: it judges its own certificates too.

A receipt by a key whose certificate has ended, was revoked or is of another kind is
none: the sender's program refuses it although the document is on its way.
"""

from collections.abc import Iterator
from datetime import datetime

from exchange.domain.own_keys import LOG_KEY, RECEIPT_KEY, KeyFault
from exchange.services import Hub, Trust
from pki.keys.api import Credential
from pki.path.judging import ChainJudgement
from pki.purposes import KeyPurpose
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication

_PURPOSES = {RECEIPT_KEY: KeyPurpose.RECEIPT, LOG_KEY: KeyPurpose.LOG}


def keys_of(hub: Hub) -> tuple[tuple[str, Credential], ...]:
    """Return the keys a hub signs with, by their settings."""
    return (RECEIPT_KEY, hub.receipt), (LOG_KEY, hub.log)


def key_faults(hub: Hub, trust: Trust, now: datetime) -> tuple[KeyFault, ...]:
    """Return what is wrong with the keys of a hub; nothing where no root is named."""
    if not trust.material.roots:
        return ()
    return tuple(_faults(hub, trust, now))


def _faults(hub: Hub, trust: Trust, now: datetime) -> Iterator[KeyFault]:
    for key, credential in keys_of(hub):
        certificate, chain = credential.certificate, credential.chain
        usage = _PURPOSES[key]
        judged = trust.judge(certificate, intermediates=chain, at=now, usage=usage)
        if judged.indication is not Indication.TOTAL_PASSED:
            yield _fault(key, judged)


def _fault(key: str, judged: ChainJudgement) -> KeyFault:
    code = judged.reasons[0].code if judged.reasons else ErrorCode.CHAIN_NOT_FOUND
    waits = judged.sub_indication is SubIndication.TRY_LATER
    return KeyFault(key=key, code=code, comes_back=waits)
