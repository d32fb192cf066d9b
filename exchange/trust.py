"""Trust that follows its files: a new revocation list counts without a restart."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import structlog
from cryptography.x509 import Certificate

from exchange.file_stamps import FileStamps, stamps_of
from exchange.settings.trust import TrustSettings
from pki.errors import PkiError
from pki.path.cache import ChainCache
from pki.path.judging import ChainJudgement
from pki.purposes import KeyPurpose
from pki.trust import TrustMaterial, TrustStore, load_material

_log = structlog.get_logger()


class FollowedTrust:
    """Judges certificates by files that may change.

    Args:
        settings: names the files.
        look: names them again, where their names may change as well.
        policy: a validation policy, followed like the rest; None: the usual rules.

    Raises:
        PkiError: a file is unreadable or holds nothing of its kind.
    """

    def __init__(
        self,
        settings: TrustSettings,
        *,
        look: Callable[[], TrustSettings] | None = None,
        policy: Path | None = None,
    ) -> None:
        self._settings = settings
        self._policy = policy
        self._look = look or (lambda: settings)
        self._stamps = _stamps(settings, policy)
        self._material = _load(settings, policy)
        self._cache = ChainCache(TrustStore.from_material(self._material))

    @property
    def material(self) -> TrustMaterial:
        """Roots, intermediates and CRLs as they are now."""
        return self._material

    def judge(
        self,
        certificate: Certificate | bytes,
        *,
        intermediates: Sequence[Certificate] = (),
        at: datetime,
        usage: KeyPurpose,
    ) -> ChainJudgement:
        """Judge a certificate; judgements are remembered for at most a minute."""
        return self._cache.judge(
            certificate, intermediates=intermediates, at=at, usage=usage
        )

    async def refresh(self) -> bool:
        """Read the files again if they changed; tell whether anything is new.

        What cannot be read leaves the old trust in place: its lists run out by
        themselves, and then nothing is accepted any more.
        """
        settings = await asyncio.to_thread(self._look)
        stamps = await asyncio.to_thread(_stamps, settings, self._policy)
        if stamps == self._stamps:
            return False
        try:
            material = await asyncio.to_thread(_load, settings, self._policy)
            store = await asyncio.to_thread(TrustStore.from_material, material)
        except PkiError as error:
            _log.warning("trust.unreadable", code=error.code, place=error.place)
            return False
        self._stamps, self._material = stamps, material
        self._cache.replace_trust(store)
        _log.info("trust.reloaded", crls=len(material.crls))
        return True

    async def turn(self) -> None:
        """Wait until it is time to look, and look."""
        await asyncio.sleep(self._settings.reload_seconds)
        await self.refresh()


def _load(settings: TrustSettings, policy: Path | None) -> TrustMaterial:
    return load_material(
        settings.anchors, settings.intermediates, settings.revocation, policy
    )


def _stamps(settings: TrustSettings, policy: Path | None) -> FileStamps:
    followed = () if policy is None else (policy,)
    return stamps_of(
        (*settings.anchors, *settings.intermediates, *settings.revocation, *followed)
    )
