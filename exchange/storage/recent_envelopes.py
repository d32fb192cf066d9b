"""The envelopes a process met last, in memory.

An envelope never changes after acceptance, but that its body may go one day: whoever
takes it from here does not learn of that (`Envelope.purged_at`).
"""

from collections import OrderedDict

from exchange.domain.records import Envelope
from schemas.identifiers import EnvelopeId

_MOST_BYTES = 32 << 20
# About what CPython takes for each of them, measured.
_PLAIN_BYTES = 1_500
_RECIPIENT_BYTES = 75
_REDIRECT_BYTES = 200
_PART_BYTES = 800


class RecentEnvelopes:
    """Forgets first what was not asked for longest; a letter to thousands counts more.

    Args:
        most_bytes: what all of them may take, about.
    """

    def __init__(self, *, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._known: OrderedDict[EnvelopeId, Envelope] = OrderedDict()

    def __len__(self) -> int:
        """How many are known."""
        return len(self._known)

    def get(self, envelope_id: EnvelopeId) -> Envelope | None:
        """Return an envelope, if it is known."""
        found = self._known.get(envelope_id)
        if found is not None:
            self._known.move_to_end(envelope_id)
        return found

    def keep(self, envelope: Envelope) -> None:
        """Remember an envelope that is stored."""
        before = self._known.pop(envelope.envelope_id, None)
        if before is not None:
            self._bytes -= _weight(before)
        self._known[envelope.envelope_id] = envelope
        self._bytes += _weight(envelope)
        while self._bytes > self._most_bytes:
            _, oldest = self._known.popitem(last=False)
            self._bytes -= _weight(oldest)


def _weight(envelope: Envelope) -> int:
    """Return about how many bytes of memory an envelope takes."""
    matter, links = envelope.matter, envelope.links
    parts = (*envelope.attachments, *links, *matter.tasks, *matter.answers)
    told = sum(len(one.recipients or ()) for one in links)
    return (
        _PLAIN_BYTES
        + len(envelope.receipt)
        + _RECIPIENT_BYTES * (len(envelope.recipients) + told)
        + _REDIRECT_BYTES * len(envelope.redirects)
        + _PART_BYTES * len(parts)
    )
