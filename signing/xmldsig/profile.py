"""The one XAdES-B-B profile (EN 319 132-1) that is written and accepted here.

A signature is the last child of the root (receipts, tree heads, manifests) or of
``edXMLHeader`` (envelopes) and has exactly this form, without white space
between its elements::

    ds:Signature Id
      ds:SignedInfo
        ds:CanonicalizationMethod      exclusive C14N
        ds:SignatureMethod             one of `pki.algorithms.SCHEMES`
        ds:Reference Id URI="#…"       enveloped signature, exclusive C14N; SHA-256
        ds:Reference Id URI="cid:…"    one per attachment, no transforms; SHA-256
        ds:Reference Type URI="#…"     SignedProperties, exclusive C14N; SHA-256
      ds:SignatureValue
      ds:KeyInfo / ds:X509Data / ds:X509Certificate   leaf first, no root
      ds:Object / xades:QualifyingProperties Target / xades:SignedProperties Id
        xades:SignedSignatureProperties
          xades:SigningTime
          xades:SigningCertificateV2   one digest per certificate of KeyInfo
        xades:SignedDataObjectProperties
          xades:DataObjectFormat       one per signed object

Each certificate of KeyInfo is named by digest in what is signed (clause 5.2.2 allows
more than the signing certificate), so no byte of a signature can change unnoticed.
Prefixes and identifiers are fixed too: `signing.xmldsig.template` is the definition.
"""

import re
from urllib.parse import quote

EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SIGNED_PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"

SIGNATURE_ID = "signature-1"
SIGNED_PROPERTIES_ID = "signed-properties-1"
ENVELOPE_ID = "envelope-1"
CID = "cid:"
XML_MIME_TYPE = "application/xml"
UNKNOWN_MIME_TYPE = "application/octet-stream"

ID_FORM = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,63}")
"""Identifiers that are NCNames and need no escape in a URI fragment."""

MIME_TYPE_FORM = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$^_.+-]{0,126}"
)
"""Restricted names of RFC 6838 clause 4.2."""

MAXIMUM_CERTIFICATES = 8
MAXIMUM_OBJECTS = 1_001
"""The signed element and 1,000 attachments."""


def attachment_uri(content_id: str) -> str:
    """Return the reference URI of an attachment (RFC 2392)."""
    return CID + quote(content_id, safe="@!$'()*+,;=:-._~")
