"""The shape of an edXML tree, judged by the schemas in `schemas/xsd`.

The schemas let children stand in any order; what they cannot count (optional parts
without a required leaf, the signature nodes) the reader and the verifier refuse.
"""

import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from threading import Lock

from lxml import etree

from schemas.edxml.names import q
from schemas.edxml.reader import soap_status
from schemas.errors import ErrorCode, SchemaError
from schemas.xml import (
    QCVN,
    SOAP,
    Element,
    children,
    local_name,
    namespace_of,
    qualified,
)

_FOLDER = Path(__file__).parent.parent / "xsd"
_STEP = re.compile(r"(?:([^:\[\]/]+):)?([^:\[\]/]+)(?:\[([0-9]+)\])?")
_TELLING = Lock()
_LONGEST_PLACE = 200  # an unknown element's name is the sender's text
_CODES = {
    "OrganId": ErrorCode.ORGAN_ID_MALFORMED,
    "PromulgationDate": ErrorCode.DATE_MALFORMED,
    "DueDate": ErrorCode.DATE_MALFORMED,
    "Timestamp": ErrorCode.DATE_MALFORMED,
    "StatusCode": ErrorCode.STATUS_UNKNOWN,
}
_IS_STATUS = etree.XPath(
    "boolean(/q:edXML/q:edXMLEnvelope/q:edXMLHeader/q:MessageHeader/q:StatusCode)",
    namespaces={"q": QCVN},
)


def validate(root: Element) -> None:
    """Require that `root` is an edXML document or status of the right shape.

    Raises:
        SchemaError: an element is unknown, absent, doubled or too long, or a value
            is none of its kind; the place is its path.
    """
    if root.tag == qualified(SOAP, "Envelope"):
        _require_soap_shape(root)
        _judge(_in_namespace(soap_status(root)), "edxml-status.xsd")
    elif _IS_STATUS(root):
        _judge(root, "edxml-status.xsd")
    else:
        _judge(_with_known_attachments(root), "edxml-document.xsd")


def _judge(root: Element, schema: str) -> None:
    if _schema(schema).validate(root):
        return
    element = _located(root, _first_error(root, schema))
    code = _CODES.get(local_name(element), ErrorCode.SCHEMA_VIOLATION)
    raise SchemaError(code, place=_path(element))


def _first_error(root: Element, schema: str) -> str:
    """Return where `root` first departs from a schema.

    A schema keeps one list of errors for all threads: whoever reads it judges by a copy
    nobody else uses meanwhile.
    """
    with _TELLING:
        judge = _telling_schema(schema)
        judge.validate(root)
        error = judge.error_log[0]  # type: ignore[index]  # unknown to the stubs
    try:
        return error.path or ""
    except UnicodeDecodeError:
        # libxml2 cuts a name of about a hundred octets, within a character too.
        return ""


@cache
def _telling_schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(_FOLDER / name))


@cache
def _schema(name: str) -> etree.XMLSchema:
    """Return a schema, read once; the files are ours and name each other."""
    return etree.XMLSchema(file=str(_FOLDER / name))


def _located(root: Element, path: str) -> Element:
    """Return the element at `path`, as libxml2 writes it, or the last above it.

    Its steps are ``prefix:name[n]``, or ``*[n]`` under a default namespace; the
    prefixes are those of the document, which no fixed XPath knows. A name that is long
    is cut there, and then names nothing.
    """
    element = root
    for prefix, name, number in _STEP.findall(path.partition("@")[0])[1:]:
        same = [one for one in element if _is_named(one, prefix, name)]
        place = int(number or 1) - 1
        if place >= len(same):
            break
        element = same[place]
    return element


def _is_named(element: Element, prefix: str, name: str) -> bool:
    return name == "*" or (
        local_name(element) == name and (element.prefix or "") == prefix
    )


def _path(element: Element) -> str:
    """Return the path of `element` by local names, cut if the names are long."""
    path = [local_name(one) for one in (element, *element.iterancestors())]
    return "/".join(reversed(path))[:_LONGEST_PLACE]


def _require_soap_shape(root: Element) -> None:
    """Require one header with one child, and a body without any, if there is one."""
    header, body = qualified(SOAP, "Header"), qualified(SOAP, "Body")
    shape = [(child.tag, len(child)) for child in root]
    if shape not in ([(header, 1)], [(header, 1), (body, 0)]):
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place="Envelope")


def _with_known_attachments(root: Element) -> Element:
    """Return `root`, its AttachmentEncoded moved into the namespace if it is in none.

    Vendors write that part with a prefix, without, or mixed.
    """
    if not children(root, "AttachmentEncoded", q("AttachmentEncoded")):
        return root
    copy = deepcopy(root)
    for part in children(copy, "AttachmentEncoded", q("AttachmentEncoded")):
        _move_into_namespace(part)
    return copy


def _in_namespace(element: Element) -> Element:
    copy = deepcopy(element)
    _move_into_namespace(copy)
    return copy


def _move_into_namespace(element: Element) -> None:
    for one in element.iter():
        if not namespace_of(one):
            one.tag = q(local_name(one))
