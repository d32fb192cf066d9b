"""Attacks by later revisions that refer to themselves."""

from collections.abc import Callable
from functools import partial

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from schemas.errors import ErrorCode
from tests.support.attacks.model import FAILED, Register, Row
from tests.support.judged_pdf import sealed
from tests.support.later_revisions import dictionary, revised

ATTACKS = Register()


def _in_the_catalog(
    key: str, value: DictionaryObject, inner: str, *, listed: bool
) -> Callable[[IncrementalPdfFileWriter], None]:
    """Put a dictionary into the catalog that has itself as an entry."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        reference = writer.add_object(value)
        value[pdf_name(inner)] = ArrayObject([reference]) if listed else reference
        writer.root[pdf_name(key)] = reference
        writer.update_root()

    return change


def _field_above_itself(writer: IncrementalPdfFileWriter) -> None:
    fields = writer.root["/AcroForm"]["/Fields"]
    field = fields[0]
    field[pdf_name("/Parent")] = fields.raw_get(0)
    writer.update_container(field)


def _store() -> DictionaryObject:
    return dictionary(Type=pdf_name("/DSS"))


for _name, _how, _change in (
    (
        "store",
        "a security store that is its own certificate",
        _in_the_catalog("/DSS", _store(), "/Certs", listed=True),
    ),
    (
        "store-entries",
        "a security store that is its own /VRI",
        _in_the_catalog("/DSS", _store(), "/VRI", listed=False),
    ),
    (
        "outlines",
        "outlines that begin with themselves",
        _in_the_catalog(
            "/Outlines", dictionary(Type=pdf_name("/Outlines")), "/First", listed=False
        ),
    ),
    ("field-parent", "a field that is its own parent", _field_above_itself),
):
    ATTACKS.put(
        f"loop-later-{_name}",
        partial(lambda change: revised(sealed(), change), _change),
        Row.LOOP,
        FAILED,
        ErrorCode.MODIFIED_AFTER_SIGNING,
        f"{_how}, by a later revision",
    )
