"""Changes of single deliveries, as the operations that make them."""

from pymongo import UpdateOne

from exchange.domain.records import AddedDelivery, Delivery, DeliveryUpdate
from exchange.storage.mongo.codec import delivery_document, key_of, with_values
from exchange.storage.mongo.driver import Document
from exchange.storage.mongo.link_codec import recall_document


def added_document(added: AddedDelivery) -> Document:
    """Encode a delivery of an envelope that was accepted before."""
    document = delivery_document(added.envelope, added.recipient)
    return {**document, "state": added.state.value}


def update_of(update: DeliveryUpdate) -> UpdateOne:
    """Encode a change of a delivery that is as it was; a new state ends a lease."""
    before, after = update.before, update.after
    held = {"_id": key_of(before.envelope_id, before.recipient), **_looked_at(before)}
    values = _looked_at(after)
    gone = {name: "" for name, value in values.items() if value is None}
    if after.state is not before.state:
        gone["lease"] = ""
    change: Document = {"$set": with_values(values), "$inc": {"steps": 1}}
    if gone:
        change["$unset"] = gone
    return UpdateOne(held, change)


def _looked_at(delivery: Delivery) -> Document:
    """Encode what decisions look at; a missing field equals None."""
    return {
        "state": delivery.state.value,
        "status": delivery.status.value if delivery.status else None,
        "opened": True if delivery.opened else None,
        "recall": recall_document(delivery.recall),
        "answer": delivery.answer.value if delivery.answer else None,
    }
