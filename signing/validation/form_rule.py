"""What of a form's changes counts as explained, of all that the library lets pass.

It clears whatever a signature names as its /TransformParams, the dictionary of a
field's drawings, and the fonts of the form, though the signed revision had and showed
them. Only what is new may be cleared without saying as what it is used.
"""

from collections.abc import Iterable

from pyhanko.pdf_utils.reader import HistoricalResolver, RawPdfPath
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.diff_analysis.form_rules_api import FormUpdate, FormUpdatingRule
from pyhanko.sign.diff_analysis.rules_api import AbsoluteContext

from signing.validation.changed_pages import SignedRevision
from signing.validation.revision_objects import key_of
from signing.validation.rewritten import require_kinds

_FONTS = RawPdfPath("/Root", "/AcroForm", "/DR")
"""Fields without a drawing of their own show their text in them."""


class NarrowFormRule(FormUpdatingRule):
    """As the library's rule, without what it clears on trust."""

    def apply(
        self, old: HistoricalResolver, new: HistoricalResolver
    ) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        """Give the updates that are explained.

        Raises:
            SuspiciousModification: what the rules on fields refuse.
        """
        # A form may move to an object of its own, and is compared by equality then.
        if "/AcroForm" in old.root and "/AcroForm" in new.root:
            require_kinds(old.root["/AcroForm"], new.root["/AcroForm"])
        for level, update in super().apply(old, new):
            if _is_explained(update, old):
                yield level, update


def _is_explained(update: FormUpdate, old: HistoricalResolver) -> bool:
    if old.is_ref_unassignable(update.updated_ref):
        return True
    context = update.context_checked
    if context is not None:
        return not isinstance(context, AbsoluteContext) or context.path != _FONTS
    # Its rule has seen to it that nothing but its annotations changed.
    if not isinstance(old, SignedRevision):
        return False
    return key_of(update.updated_ref) in old.graph.pages.paths
