"""Keys that answer for CAs are certified anew before they run out, by themselves."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from structlog.testing import capture_logs

from exchange.certification.responders import ResponderKeeper, renew_responder
from exchange.responder_keys import ResponderKeys
from exchange.settings.keys import KeySettings, KeyUri
from pki.ca.founding import HierarchySettings, create_generation
from pki.ca.hierarchy import Hierarchy
from pki.keys.loader import load_credential
from pki.keys.software import KeyKind
from pki.kinds import CertificateKind
from tests.support.ca_office import SetClock, ca_thread, found_ca

SYSTEMS = CertificateKind.ISSUING_SYSTEMS
DAY = timedelta(days=1)
PASSPHRASE = b"mat khau tra loi"


@pytest.fixture
def clock() -> SetClock:
    """A clock that is set by hand."""
    return SetClock()


@pytest.fixture
def ca(tmp_path: Path, clock: SetClock) -> Path:
    """A CA with one responder, in `keys/systems.p12`."""
    directory = found_ca(tmp_path, clock)
    (tmp_path / "keys").mkdir()
    secret = tmp_path / "passphrase"
    secret.write_bytes(PASSPHRASE)
    secret.chmod(0o600)
    with Hierarchy.open(directory, clock=clock) as hierarchy:
        path, kind = tmp_path / "keys" / "systems.p12", KeyKind.P384
        renew_responder(hierarchy, SYSTEMS, path, PASSPHRASE, key_kind=kind)
    return directory


def keys(folder: Path) -> ResponderKeys:
    secret = folder / "passphrase"
    uri = KeyUri(f"pkcs12:{folder}/keys/systems.p12")
    named = {SYSTEMS: KeySettings(uri=uri, passphrase_file=secret)}
    return ResponderKeys(named, folder / "keys", secret)


def certificate(folder: Path, name: str = "systems") -> x509.Certificate:
    secret = folder / "passphrase"
    uri = f"pkcs12:{folder}/keys/{name}.p12"
    return load_credential(uri, passphrase_file=secret).certificate


async def test_responder_is_renewed_when_two_thirds_of_its_life_are_over(
    tmp_path: Path, clock: SetClock, ca: Path
) -> None:
    first = certificate(tmp_path)
    async with ca_thread(ca, clock) as thread:
        keeper = ResponderKeeper(thread, clock, keys(tmp_path), seconds=60)
        clock.advance(19 * DAY)
        await keeper.look()
        assert certificate(tmp_path) == first
        clock.advance(2 * DAY)
        await keeper.look()
        assert await keeper.check() == ()
    second = certificate(tmp_path)
    assert second.not_valid_after_utc > clock.now + 28 * DAY
    assert second.public_key() != first.public_key()
    assert second.signature_algorithm_oid == first.signature_algorithm_oid
    assert (tmp_path / "keys" / "systems.p12").stat().st_mode & 0o077 == 0


async def test_responder_never_runs_out_over_two_months_of_looks(
    tmp_path: Path, clock: SetClock, ca: Path
) -> None:
    async with ca_thread(ca, clock) as thread:
        keeper = ResponderKeeper(thread, clock, keys(tmp_path), seconds=60)
        for _ in range(12):
            clock.advance(5 * DAY)
            await keeper.look()
            assert certificate(tmp_path).not_valid_after_utc > clock.now + 5 * DAY


async def test_responder_that_cannot_be_renewed_here_is_told_of(
    tmp_path: Path, clock: SetClock, ca: Path
) -> None:
    (ca / "private" / SYSTEMS).rename(tmp_path / "elsewhere")
    async with ca_thread(ca, clock) as thread:
        keeper = ResponderKeeper(thread, clock, keys(tmp_path), seconds=60)
        clock.advance(21 * DAY)
        with capture_logs() as logs:
            await keeper.look()
        assert "ca.responder.issuing-systems" in await keeper.check()
    assert "error" in [one["log_level"] for one in logs]


async def test_new_generation_gets_a_responder_of_its_own(
    tmp_path: Path, clock: SetClock, ca: Path
) -> None:
    first = certificate(tmp_path)
    async with ca_thread(ca, clock) as thread:
        keeper = ResponderKeeper(thread, clock, keys(tmp_path), seconds=60)
        settings = HierarchySettings(name="Thử nghiệm", demo=True)
        create_generation(ca, SYSTEMS, settings, clock)
        await keeper.look()
    new = certificate(tmp_path, "issuing-systems-2")
    issuer = x509.load_pem_x509_certificate((ca / "issuing-systems-2.pem").read_bytes())
    new.verify_directly_issued_by(issuer)
    assert certificate(tmp_path) == first
