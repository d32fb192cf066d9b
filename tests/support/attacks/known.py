"""The classes of attacks on signed PDF files known from research and test suites.

Each with the rows of the set that stand for it, so that a class without an attack is
seen. Those of XML signatures are in tests/hardening/test_xml_signature_wrapping.py.
"""

from collections.abc import Mapping
from types import MappingProxyType

from tests.support.attacks.model import Row

KNOWN: Mapping[str, tuple[Row, ...]] = MappingProxyType(
    {
        "PDF 1: USF, no, null or zero Contents or ByteRange": (Row.USF, Row.RANGE),
        "PDF 2: SWA, moved second range": (Row.SWA,),
        "PDF 3: ISA, page or content update": (Row.ISA,),
        "PDF 4: ISA without xref or trailer": (Row.ISA_BARE,),
        "PDF 5: trailing %%EOF only": (Row.TRAILING,),
        "PDF 6: Contents literal string, injected keys": (Row.GAP, Row.DUPLICATE_KEYS),
        "PDF 7: shadow hide-and-replace": (Row.SHADOW_HIDE_REPLACE, Row.SECTIONS),
        "PDF 8: shadow hide": (Row.SHADOW_HIDE,),
        "PDF 9: shadow replace (form overlay, font)": (Row.SHADOW_REPLACE,),
        "PDF 10: EAA on certified P1, P2, P3": (Row.EAA,),
        "PDF 11: SSA, visible new signature on certified P2, P3": (Row.SSA,),
        "PDF 12: visible second signature on approval signature": (
            Row.SECOND_SIGNATURE,
        ),
        "PDF 13: removed pages, swapped objects": (Row.PAGES,),
        "PDF 14: two catalogs, hybrid xref, freed objects": (Row.CATALOGS,),
        "PDF 15: JavaScript, actions, external references before signing": (
            Row.ACTIVE,
        ),
        "PDF 16: optional content, dynamic fields": (Row.LAYERS,),
        "PDF 17: reused signature object in new field": (Row.REUSED,),
        "PDF 18: decompression bomb": (Row.BOMB,),
        "PDF 19: reference cycles, page-tree loops": (Row.LOOP,),
        "CMS 1: SHA-1 or MD5 digest or certificate": (Row.DIGEST,),
        "CMS 2: RSA below 2048": (Row.WEAK_KEY,),
        "CMS 3: weak curves": (Row.WEAK_KEY,),
        "CMS 4: algorithm mismatch, CMSAlgorithmProtection": (Row.ALGORITHMS,),
        "CMS 5: no signed attributes, content swap": (Row.ATTRIBUTES,),
        "CMS 6: signing-certificate missing or another": (Row.BINDING,),
        "CMS 7: two SignerInfos, content present": (Row.SIGNERS,),
        "X.509 1: key usage wrong, extended key usage serverAuth only": (Row.USAGE,),
        "X.509 2: CA certificate as signer": (Row.CA_SIGNS,),
        "X.509 3: unknown critical extension": (Row.CRITICAL,),
        "X.509 4: basicConstraints, pathLenConstraint": (Row.CONSTRAINTS,),
        "X.509 5: duplicate extensions, odd serials, version 1, no SKI or AKI": (
            Row.FORM,
        ),
        "X.509 6: list without or with critical cRLNumber": (Row.LIST_NUMBER,),
        "X.509 7: empty extended key usage, explicit curve": (Row.ENCODING,),
        "X.509 8: expired signer, no proof of existence": (Row.EXPIRED,),
        "X.509 9: explosion of the policy tree": (Row.POLICIES,),
        "X.509 10: explosion of same-subject paths": (Row.SAME_SUBJECT,),
        "X.509 11: fetching from addresses in certificates": (Row.ADDRESSES,),
        "X.509 12: trust store of the operating system": (Row.ROOTS,),
        "OCSP 1: answer by wrong issuer or sibling CA": (Row.OCSP_ISSUER,),
        "OCSP 2: responder without OCSPSigning": (Row.OCSP_USAGE,),
        "OCSP 3: responder revoked or expired": (Row.OCSP_RESPONDER,),
        "OCSP 4: replay of an old answer": (Row.OCSP_REPLAY,),
        "OCSP 5: list for another scope, delta without base": (Row.OTHER_LIST,),
        "TSA 1: no timeStamping purpose": (Row.STAMP_USAGE,),
        "TSA 2: further purposes, or not critical": (Row.STAMP_USAGE,),
        "TSA 3: token with another imprint": (Row.STAMP_IMPRINT,),
        "TSA 4: document time stamp of a wrong type": (Row.STAMP_FORM,),
    }
)
"""What a client must refuse while it asks or signs (nonces, tokens not validated) shows
in tests/unit/pki/test_tsa_client.py: no file comes of it."""
