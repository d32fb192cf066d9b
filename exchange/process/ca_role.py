"""The role `ca`: the CA's thread, the keepers of its lists, and enrolment."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from ssl import SSLContext

from cryptography import x509

from exchange.app import Listener, listening
from exchange.certification.enrolment import EnrolmentDesk
from exchange.certification.expiry_watch import ExpiryWatch
from exchange.certification.list_keeper import ListKeeper
from exchange.certification.office import CaThread, opened_ca
from exchange.certification.responders import ResponderKeeper
from exchange.config import Settings
from exchange.errors import ExchangeError
from exchange.http.enrolment_app import create_enrolment_app
from exchange.http.tls import believe, enrolment_context
from exchange.process.base import Base, refuse_demo_root_beyond_loopback
from exchange.responder_keys import ResponderKeys
from exchange.settings.trust import TrustSettings
from exchange.trust import FollowedTrust
from pki.ca.layout import certificate_path, labels_in, load_certificate
from pki.files import read_private_file
from pki.kinds import CertificateKind
from schemas.errors import ErrorCode

_ROOT = CertificateKind.ROOT


class CaRole:
    """Keeps the CA.

    Args:
        settings: everything an operator sets.

    Raises:
        CodedError: there is no CA, its root is for show, or TLS is not as it must be.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = _folder(settings)
        refuse_demo_root_beyond_loopback(
            (load_certificate(self._folder, _ROOT),),
            (
                ("enrolment.host", settings.enrolment.host),
                ("server.public_host", settings.server.public_host),
            ),
        )
        self._tls = self._enrolment_tls(settings)

    async def start(self, base: Base) -> CaThread:
        """Open the CA and begin to keep it.

        Raises:
            CodedError: a file or the passphrase is wrong.
        """
        settings, clock = base.settings, base.clock
        ca = await base.opened.enter_async_context(opened_ca(settings.ca, clock))
        seconds = settings.ca.crl_check_seconds
        lists = ListKeeper(ca, clock, base.metrics, seconds=seconds)
        responders = ResponderKeeper(
            ca, clock, ResponderKeys.of(settings), seconds=seconds
        )
        base.readiness.add(lists.check)
        base.readiness.add(responders.check)
        await base.repeat("ca.lists", lists.turn)
        await base.repeat("ca.responders", responders.turn)
        seconds = settings.ca.expiry_check_seconds
        expiry = ExpiryWatch(ca, base.metrics, seconds=seconds)
        await base.repeat("ca.expiry", expiry.turn)
        return ca

    async def listen(self, base: Base, ca: CaThread) -> int | None:
        """Open the enrolment listener; give the port, None where it stays closed."""
        if self._tls is None:
            return None
        settings, tls = base.settings, self._tls
        look = _trust_of(self._folder, settings.trust.reload_seconds)
        trust = FollowedTrust(look(), look=look)

        async def turn() -> None:
            await asyncio.sleep(settings.trust.reload_seconds)
            if await trust.refresh():
                believe(tls, _issuing(self._folder))

        await base.repeat("ca.trust", turn)
        app = create_enrolment_app(
            EnrolmentDesk(ca, trust, base.clock),
            settings=settings.enrolment,
            limits=settings.limits,
            metrics=base.metrics,
        )
        listener = Listener(
            host=settings.enrolment.host,
            port=settings.enrolment.port,
            tls=tls,
            drain_seconds=settings.server.drain_seconds,
        )
        return await base.opened.enter_async_context(listening(app, listener))

    def _enrolment_tls(self, settings: Settings) -> SSLContext | None:
        enrolment = settings.enrolment
        if enrolment.key is None:
            return None
        # Read for its check alone: a key open to others is refused.
        read_private_file(enrolment.key)
        return enrolment_context(enrolment, _issuing(self._folder))


def _folder(settings: Settings) -> Path:
    if settings.ca.folder is None:
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place="ca.folder")
    return settings.ca.folder


def _issuing(folder: Path) -> list[x509.Certificate]:
    labels = labels_in(folder)
    return [load_certificate(folder, one) for one in labels if one.kind is not _ROOT]


def _trust_of(folder: Path, reload_seconds: float) -> Callable[[], TrustSettings]:
    """Return what names the CA's published files; a generation may be added."""

    def look() -> TrustSettings:
        labels = labels_in(folder)
        issuing = [one for one in labels if one.kind is not _ROOT]
        return TrustSettings(
            anchors=(certificate_path(folder, _ROOT),),
            intermediates=tuple(certificate_path(folder, one) for one in issuing),
            revocation=(folder,),
            reload_seconds=reload_seconds,
        )

    return look
