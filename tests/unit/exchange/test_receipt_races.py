"""A receipt and the tick that offers its delivery again, however they meet."""

from tests.support.races import raced

ROUNDS = 200


async def test_receipt_is_never_followed_by_another_offer_however_they_meet() -> None:
    orders = await raced(ROUNDS, seed=1)

    assert len(orders) > ROUNDS // 4
