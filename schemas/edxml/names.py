"""The wire's own names, misspellings included, in the order they are written.

Each table maps a field of a data class to the element that carries it. ``Bussiness``
and its kin, and ``TyperNotation``, are part of the format.
"""

from typing import Final

from schemas.xml import QCVN

ENVELOPE_ID: Final = "envelope-1"
"""The Id of every edXMLEnvelope we write; the sender's signature refers to it."""

CID: Final = "cid:"
"""Prefix of a content id; some write it and some do not."""

ORGANISATION: Final = {
    "organ_id": "OrganId",
    "organization_in_charge": "OrganizationInCharge",
    "organ_name": "OrganName",
    "organ_address": "OrganAdd",
    "email": "Email",
    "telephone": "Telephone",
    "fax": "Fax",
    "website": "Website",
}
DOCUMENT_TYPE: Final = {
    "type": "Type",
    "type_detail": "TypeDetail",
    "type_name": "TypeName",
}
SIGNER: Final = {
    "competence": "Competence",
    "position": "Position",
    "full_name": "FullName",
}
STAFF: Final = {
    "department_id": "DepartmentId",
    "department": "Department",
    "staff_id": "StaffId",
    "staff": "Staff",
    "mobile": "Mobile",
    "email": "Email",
}
MANIFEST_ENTRY: Final = {
    "content_type": "ContentType",
    "description": "Description",
    "attachment_name": "AttachmentName",
}

BUSINESS: Final = "Bussiness"
BUSINESS_TYPE: Final = "BussinessDocType"
BUSINESS_REASON: Final = "BussinessDocReason"
BUSINESS_DOCUMENT_INFO: Final = "BussinessDocumentInfo"
TYPIST_NOTATION: Final = "TyperNotation"


def q(name: str) -> str:
    """Return the tag of the edXML element `name`."""
    return f"{{{QCVN}}}{name}"


def without_cid(content_id: str) -> str:
    """Return `content_id` without outer white space and without ``cid:``."""
    text = content_id.strip()
    return text[len(CID) :] if text[: len(CID)].lower() == CID else text
