"""A value made elsewhere reaches every level in process."""

import pytest

from signing.pades.kept import KeptState
from signing.pades.remote import complete_signature, prepare_signature
from signing.pades.request import SignRequest
from signing.profiles import SignatureLevel, SignerRole
from signing.remote_client import check_offer, check_signed
from tests.support.levels import LevelDesk
from tests.support.pki import NOW
from tests.support.remote import offer_of
from tests.support.signed_pdf import LETTER

SOURCE = LETTER.read_bytes()


@pytest.mark.parametrize("level", SignatureLevel)
def test_level_asked_for_when_prepared_is_reached_when_completed(
    level: SignatureLevel,
) -> None:
    desk = LevelDesk()
    signer = desk.pki.person()
    prepared = prepare_signature(
        SOURCE,
        certificate=signer.certificate,
        chain=signer.chain,
        request=SignRequest(role=SignerRole.PERSON, at=NOW, level=level),
        services=desk.services(),
    )
    state = KeptState.from_json(prepared.state.to_json())
    offer = offer_of(SOURCE, signer, prepared)
    checked = check_offer(offer)
    value = signer.key.sign(checked.to_sign, state.scheme)
    done = complete_signature(prepared.data, state, value, desk.services())
    check_signed(offer, checked, value, done.data)
    assert (done.level, done.reason) == (level, None)
    assert desk.is_passed(done.data)
