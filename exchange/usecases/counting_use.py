"""Count what an accepted document takes of its system's day and its agency's room."""

from exchange.domain.records import Envelope
from exchange.domain.usage import sent_today, stored_for
from exchange.services import Services


def count_use(services: Services, envelope: Envelope) -> None:
    """Count an envelope that was stored now; its repeats take nothing."""
    sent = sent_today(envelope.system_id, envelope.accepted_at)
    services.usage.add(sent, envelope.size)
    services.usage.add(stored_for(envelope.sender), envelope.size)
