"""A judge of ETSI validation reports: the classes pyHanko has from the ETSI schema.

The schema itself may not be redistributed. Its classes know every element, attribute,
type and what is required; reading with them and writing again also shows a wrong order.
"""

from dataclasses import fields, is_dataclass
from typing import Any

from lxml import etree
from pyhanko.generated.etsi.ts_11910202 import ValidationReport
from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.serializers import XmlSerializer

_CONTEXT = XmlContext()
_STRICT = ParserConfig(
    fail_on_unknown_properties=True,
    fail_on_unknown_attributes=True,
    fail_on_converter_warnings=True,
)
_OWN = ""
_NAME = "{http://uri.etsi.org/19102/v1.2.1#}"


def departure(document: bytes) -> str | None:
    """Say where a report departs from the schema; None if it does not."""
    try:
        parser = XmlParser(context=_CONTEXT, config=_STRICT)
        read = parser.from_bytes(document, ValidationReport)
    except Exception as error:  # noqa: BLE001 - whatever the judge says is the answer
        return str(error)
    again = XmlSerializer(context=_CONTEXT).render(read).encode()
    if _tags(document) != _tags(again):
        return "order of the elements"
    return _missing(read, "ValidationReport") or _dangling(document)


def _tags(document: bytes) -> list[tuple[str, str]]:
    """Elements in their order, without what stands in elements of any type."""
    root = etree.fromstring(document)
    return [(str(one.tag), str(inner.tag)) for one in root.iter("*") for inner in one]


def _missing(value: Any, place: str) -> str | None:
    if isinstance(value, tuple):
        inner = (_missing(one, f"{place}[{at}]") for at, one in enumerate(value))
        return next((one for one in inner if one), None)
    if not is_dataclass(value):
        return None
    for field in fields(value):
        held, where = getattr(value, field.name), f"{place}.{field.name}"
        demanded = field.metadata.get("required") or field.metadata.get("min_occurs")
        missing = where if demanded and held in (None, ()) else _missing(held, where)
        if missing:
            return missing
    return None


def _dangling(document: bytes) -> str | None:
    """Name a reference to an object that is not there (xs:IDREFS)."""
    root = etree.fromstring(document)
    there = [one.get("id") for one in root.iter(f"{_NAME}ValidationObject")]
    if len(set(there)) != len(there):
        return "id given twice"
    meant = {one.get("VOReference", _OWN) for one in root.iter("*")} - {_OWN}
    return next(iter(sorted(meant - set(map(str, there)))), None)
