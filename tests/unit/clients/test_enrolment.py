"""Where a client enrols: what is no address is refused before anything is sent."""

from pathlib import Path

import pytest

from clients.enrolment import EnrolmentCall, enrol, make_request
from clients.errors import ClientError
from pki.keys.software import generate
from schemas.errors import ErrorCode


@pytest.mark.parametrize(
    "url",
    [
        "http://ca.example",
        "https://",
        "https://[",
        "https://[::1",
        "https://ca.example:99999",
        "https://ca.example:0",
        "https://ca.example:x",
        "ca.example",
        "",
    ],
)
def test_what_is_no_address_over_tls_is_refused(url: str) -> None:
    key = generate()
    call = EnrolmentCall(url=url, authority=Path("root.pem"))

    with pytest.raises(ClientError) as caught:
        enrol(call, key, make_request(key))

    assert caught.value.code is ErrorCode.CONFIGURATION_INVALID
    assert caught.value.place == "url"
