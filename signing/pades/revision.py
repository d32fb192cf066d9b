"""The increment that a signature adds to a file, first without its value.

The earlier bytes stay as they are; the file grows by a field, its appearance and a
signature dictionary with room for the CMS. Preparing and completing are apart, so that
the private key may be anywhere.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import IO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.form_tools import get_single_field_annot
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest, SignatureObject

from schemas.timestamps import VIETNAM
from signing.pades.appearance import Appearance, embed_appearance
from signing.pades.cms import CmsTemplate
from signing.pades.kept_spelling import keep_spelling
from signing.pades.page import find_page, present

HEX_DIGITS_PER_OCTET = 2

_HASHED_AT_ONCE = 1024 * 1024


class Increment(IncrementalPdfFileWriter):
    """A writer that leaves the document's metadata alone.

    The library would set modification date and producer in /Info and XMP: by the
    clock of the machine instead of the signing time, and at a third of the cost.
    """

    def _update_meta(self) -> None:
        """Change nothing."""

    def mark_update(self, obj_ref: generic.Reference | generic.IndirectObject) -> None:
        """Have an object written again, as it is spelled."""
        super().mark_update(obj_ref)
        keep_spelling(self.objects[obj_ref.generation, obj_ref.idnum])

    def find_page_for_modification(
        self, page_ix: int
    ) -> tuple[generic.IndirectObject, generic.PdfObject]:
        """Find a page without reading those before it."""
        return find_page(self, page_ix)

    def register_annotation(
        self, page_ref: generic.IndirectObject, annot_ref: generic.IndirectObject
    ) -> None:
        """Add an annotation to a page; a list of them that is null is none yet."""
        page = page_ref.get_object()
        if "/Annots" in page and present(page, "/Annots") is None:
            del page["/Annots"]
        super().register_annotation(page_ref, annot_ref)  # type: ignore[no-untyped-call]  # the library's


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionPlan:
    """What the increment holds.

    Args:
        field: the signature field, which is made if the file lacks it.
        appearance: drawn in the field, None for nothing.
        at: the signing time that is claimed.
        token_room: octets kept for a time stamp on the signature.
    """

    field: SigFieldSpec
    appearance: Appearance | None
    at: datetime
    token_room: int = 0


@dataclass(frozen=True, slots=True)
class PreparedRevision:
    """A file with an empty signature, and the digest that is to be signed."""

    output: IO[bytes]
    byte_range: PreparedByteRangeDigest

    @property
    def digest(self) -> bytes:
        """Digest of the bytes that the signature covers."""
        return self.byte_range.document_digest

    @property
    def content(self) -> bytes:
        """The file as it is before the signature's value is filled in."""
        self.output.seek(0)
        return self.output.read()

    def fill(self, cms: bytes) -> None:
        """Write the DER of the signature into the file."""
        self.byte_range.fill_with_cms(self.output, cms)

    def complete(self, cms: bytes) -> bytes:
        """Return the file with the DER of its signature filled in."""
        self.fill(cms)
        self.output.seek(0)
        return self.output.read()


def prepare_revision(
    reader: PdfFileReader, template: CmsTemplate, plan: RevisionPlan
) -> PreparedRevision:
    """Append the increment to the stream under `reader`."""
    writer = Increment.from_reader(reader)
    # ETSI EN 319 142-1 clause 5.6: how a PDF 1.7 file declares PAdES.
    writer.register_extension(ESIC_EXTENSION_1)
    embedder = PdfCMSEmbedder(plan.field).write_cms(plan.field.sig_field_name, writer)
    field = next(embedder).get_object()
    if plan.appearance is not None:
        widget = get_single_field_annot(field)
        widget["/AP"] = embed_appearance(writer, plan.appearance)
        writer.update_container(widget)
    embedder.send(SigObjSetup(_dictionary(template, plan)))
    output = SigIOSetup(
        md_algorithm=template.hash_name, in_place=True, chunk_size=_HASHED_AT_ONCE
    )
    byte_range, stream = embedder.send(output)
    return PreparedRevision(stream, byte_range)


def _dictionary(template: CmsTemplate, plan: RevisionPlan) -> SignatureObject:
    size = template.size_with(plan.token_room)
    return SignatureObject(
        timestamp=plan.at.astimezone(VIETNAM),
        subfilter=SigSeedSubFilter.PADES,
        bytes_reserved=size * HEX_DIGITS_PER_OCTET,
    )
