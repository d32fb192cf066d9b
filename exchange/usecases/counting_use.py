"""Count what an accepted document takes of its system's day and its agency's room."""

from exchange.domain.records import Envelope
from exchange.domain.usage import (
    bytes_in_hour,
    documents_in_hour,
    sent_today,
    stored_for,
)
from exchange.services import Services


def count_use(services: Services, envelope: Envelope) -> None:
    """Count an envelope that was stored now; its repeats take nothing."""
    usage, at = services.usage, envelope.accepted_at
    usage.add(sent_today(envelope.system_id, at), envelope.size)
    usage.add(stored_for(envelope.sender), envelope.size)
    # Intake has just looked its sender up.
    sender = services.directory.known.agency(envelope.sender)
    if sender is not None:
        usage.add(documents_in_hour(sender.level, at), 1)
        usage.add(bytes_in_hour(sender.level, at), envelope.size)
