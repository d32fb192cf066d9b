"""Asking the authorities that the settings name for stamps, with trust followed."""

from collections.abc import Callable
from datetime import datetime
from threading import Lock

from exchange.errors import ExchangeError
from exchange.settings.certification import TimeStampingSettings
from pki.trust import TrustMaterial, TrustStore
from pki.tsa.client import TimeStamp
from pki.tsa.servers import TimeStampClient, TimeStampServer
from pki.tsa.transport import HttpTimeStampTransport
from schemas.errors import ErrorCode


class FollowedStampClient:
    """A `pki.tsa.stamp_work.Stamper` over HTTP; blocking, threads may share it.

    Args:
        settings: name the servers, best one first, and the roots of their TLS.
        material: gives what is believed now (`FollowedTrust.material`), so that new
            revocation lists count.
        clock: gives the time.

    Raises:
        CodedError: no server is named, or an address or a root is not usable.
    """

    def __init__(
        self,
        settings: TimeStampingSettings,
        material: Callable[[], TrustMaterial],
        clock: Callable[[], datetime],
    ) -> None:
        if not settings.servers:
            place = "time_stamping.servers"
            raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place)
        self._material = material
        self._believed = material()
        self._lock = Lock()
        trust = TrustStore.from_material(self._believed)
        self._client = TimeStampClient(
            [TimeStampServer(address=one, trust=trust) for one in settings.servers],
            HttpTimeStampTransport(settings.servers, anchors=settings.server_anchors),
            clock,
        )

    def stamp(self, digest: bytes, hash_name: str = "sha256") -> TimeStamp:
        """Have a digest stamped.

        Raises:
            PkiError: TIME_STAMP_UNAVAILABLE; the place says why the last server failed.
        """
        self._follow()
        return self._client.stamp(digest, hash_name)

    def _follow(self) -> None:
        material = self._material()
        with self._lock:
            if material is not self._believed:
                self._client.replace_trust(TrustStore.from_material(material))
                self._believed = material
