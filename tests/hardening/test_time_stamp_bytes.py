"""Changed requests and answers of time stamping: a coded end, never another error."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pki.errors import PkiError
from pki.trust import TrustStore
from pki.tsa.client import AskedStamp, check_response
from tests.support.pki import NOW, TestPki
from tests.support.time_stamps import DIGEST, NONCE, authority, request, tsa_credential

PKI = TestPki.create()
TRUST = TrustStore.from_material(PKI.material())
TSA = authority(tsa_credential(PKI))
REQUEST = request()
RESPONSE = TSA.answer(REQUEST).response
ASKED = AskedStamp(digest=DIGEST, hash_name="sha256", nonce=NONCE)


def changed(honest: bytes) -> st.SearchStrategy[bytes]:
    """Cut, repeat or overwrite a piece somewhere."""
    places = st.integers(0, len(honest))
    return st.builds(
        lambda start, end, new: honest[:start] + new + honest[end:],
        places,
        places,
        st.binary(max_size=8),
    )


@given(st.one_of(changed(REQUEST), st.binary(max_size=200)))
@settings(max_examples=300, deadline=None)
def test_every_request_has_an_answer(data: bytes) -> None:
    answer = TSA.answer(data)
    assert (answer.record is None) is (answer.error is not None)
    assert answer.response


@given(st.one_of(changed(RESPONSE), st.binary(max_size=200)))
@settings(max_examples=300, deadline=None)
def test_no_changed_answer_brings_another_time(data: bytes) -> None:
    try:
        stamp = check_response(data, ASKED, trust=TRUST, at=NOW)
    except PkiError:
        return
    assert stamp.at == NOW
