"""pyHanko as a judge of our levels (ETSI EN 319 102-1 clauses 5.3, 5.5 and 5.6).

It takes a policy that demands revocation data for everybody and fetches nothing. Levels
T to LTA are judged with what the file holds and nothing else.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from io import BytesIO
from typing import Self
from unittest.mock import patch

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESStatus, AdESSubIndic
from pyhanko.sign.validation.ades import (
    ades_basic_validation,
    ades_lta_validation,
    ades_with_time_validation,
)
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv import ades_past, poe
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from pki.trust import TrustMaterial
from signing.profiles import SignatureLevel
from tests.support.pki import NOW

NOTHING = TrustMaterial()
_FIRST_DAY = NOW + timedelta(hours=12)


def ades_verdict(
    signed: bytes,
    level: SignatureLevel,
    material: TrustMaterial,
    at: datetime,
    number: int = 0,
) -> str:
    """Return PASSED for a signature judged at its level, or what is wrong.

    Args:
        signed: the file.
        level: which clause to judge by.
        material: the roots, and revocation data for what no file can hold: of levels
            B-B and B-T everybody, of B-LTA whoever made the last time stamp.
        at: the control time.
        number: which signature, from 0; document time stamps are not counted.
    """
    reader = PdfFileReader(BytesIO(signed))
    signature = reader.embedded_regular_signatures[number]
    held = _stored(reader) if level.includes(SignatureLevel.B_LT) else NOTHING
    beyond = NOTHING if level is SignatureLevel.B_LT else material
    with _at(at):
        return asyncio.run(_judge(signature, level, _spec(material, held, beyond), at))


@contextmanager
def _at(at: datetime) -> Iterator[None]:
    """Let the judge go by the scenario's clock, not by the machine's.

    What it was given it takes as proven to exist now, and its past validation (clause
    5.6.2.1) slides back from now, whatever control time it is told: verdicts would
    depend on the day of the test. Past validation from a time for which it was given
    lists takes these for expired certificates, too: it starts on the scenarios' day.
    """
    past = patch.object(ades_past, "datetime", _clock(min(at, _FIRST_DAY)))
    with patch.object(poe, "datetime", _clock(at)), past:
        yield


def _clock(at: datetime) -> type[datetime]:
    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(at.timestamp(), tz)

    return Then


async def _judge(
    signature: EmbeddedPdfSignature,
    level: SignatureLevel,
    spec: PdfSignatureValidationSpec,
    at: datetime,
) -> str:
    timing = ValidationTimingInfo(at, at, point_in_time_validation=True)
    if level is SignatureLevel.B_LTA:
        lasting = await ades_lta_validation(signature, spec, timing_info=timing)
        return _word(lasting.ades_subindic, lasting.failure_msg)
    is_basic = level is SignatureLevel.B_B
    judge = ades_basic_validation if is_basic else ades_with_time_validation
    result = await judge(
        signature.signed_data,
        spec.signature_validation_spec,
        timing_info=timing,
        raw_digest=signature.compute_digest(),
    )
    return _word(result.ades_subindic, result.failure_msg)


def _word(indication: AdESSubIndic, message: str | None) -> str:
    passed = indication.status is AdESStatus.PASSED
    return "PASSED" if passed else f"{indication}: {message}"


def _spec(
    material: TrustMaterial, held: TrustMaterial, beyond: TrustMaterial
) -> PdfSignatureValidationSpec:
    roots = [CertTrustAnchor(_certificate(one)) for one in material.roots]
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=roots),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
    )
    offline = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY)
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=policy,
            revinfo_gathering_policy=offline,
            local_knowledge=_knowledge(held, beyond),
        )
    )


def _knowledge(*known: TrustMaterial) -> LocalKnowledge:
    answers = [
        ocsp.OCSPResponse.load(der) for material in known for der in material.ocsps
    ]
    return LocalKnowledge(
        known_certs=[_certificate(der) for one in known for der in one.intermediates],
        known_crls=[
            CRLContainer(crl.CertificateList.load(der))
            for one in known
            for der in one.crls
        ],
        known_ocsps=[one for der in answers for one in OCSPContainer.load_multi(der)],
    )


def _certificate(der: bytes) -> x509.Certificate:
    return x509.Certificate.load(der)


def _stored(reader: PdfFileReader) -> TrustMaterial:
    store = DocumentSecurityStore.read_dss(reader)
    return TrustMaterial(
        intermediates=tuple(one.dump() for one in store.load_certs()),
        crls=tuple(one.get_object().data for one in store.crls),
        ocsps=tuple(one.get_object().data for one in store.ocsps),
    )
