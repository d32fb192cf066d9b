"""What is at hand to judge by: the operator's, and what the file brings along."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from pki.path.cache import ChainCache
from pki.trust import TrustMaterial, TrustStore
from signing.validation.engine.proofs import Proofs
from signing.validation.store import StoreFacts, StoreItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Certificates, lists and answers; whoever signed them must be reached from a root.

    Args:
        material: the operator's.
        chains: who judges by the same with what the file holds.
        alone: the roots, and what the file holds; None if it holds nothing.
        store: what the file holds.
        positions: where in the file a list or answer lies, by its SHA-256 in lower hex.
    """

    material: TrustMaterial
    chains: ChainCache
    alone: TrustStore | None
    store: StoreFacts
    positions: Mapping[str, int]

    @classmethod
    def of(
        cls, material: TrustMaterial, chains: ChainCache, store: StoreFacts
    ) -> "Evidence":
        """Join what is at hand.

        Args:
            material: the operator's.
            chains: who judges by it.
            store: of the file.
        """
        if store.is_empty:
            return cls(
                material=material, chains=chains, alone=None, store=store, positions={}
            )
        certificates, crls, ocsps = map(
            _ders, (store.certificates, store.crls, store.ocsps)
        )
        known = certificates, crls, ocsps
        return cls(
            material=material,
            chains=ChainCache(chains.trust.with_evidence(*known), passed_only=True),
            alone=TrustStore.from_material(
                TrustMaterial(material.roots, policy=material.policy)
            ).with_evidence(*known),
            store=store,
            positions=_positions((*store.crls, *store.ocsps)),
        )

    def those(self, counts: Callable[[str], bool]) -> TrustStore:
        """Return a store with the lists and answers alone for whose digest `counts`.

        Raises:
            PkiError: a root is malformed or not a CA.
        """
        material, store = self.material, self.store
        own = replace(
            material,
            crls=_such(material.crls, counts),
            ocsps=_such(material.ocsps, counts),
        )
        return TrustStore.from_material(own).with_evidence(
            _ders(store.certificates),
            _such(_ders(store.crls), counts),
            _such(_ders(store.ocsps), counts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The control time, and what is proven to be older.

    Args:
        now: the control time.
        proofs: of existence.
        positions: of lists and answers, as in `Evidence`.
    """

    now: datetime
    proofs: Proofs
    positions: Mapping[str, int]

    def known_since(self, digest: str) -> datetime:
        """Return when a list or answer is first proven to have existed."""
        position = self.positions.get(digest)
        proven = None if position is None else self.proofs.earliest(position)
        return self.now if proven is None else min(proven, self.now)


def digest_of(der: bytes) -> str:
    """Return the SHA-256 of a list or answer in lower hex."""
    return sha256(der).hexdigest()


def _ders(items: Iterable[StoreItem]) -> tuple[bytes, ...]:
    return tuple(one.der for one in items)


def _such(ders: Iterable[bytes], counts: Callable[[str], bool]) -> tuple[bytes, ...]:
    return tuple(one for one in ders if counts(digest_of(one)))


def _positions(items: Iterable[StoreItem]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for item in items:
        digest = digest_of(item.der)
        found[digest] = min(item.start, found.get(digest, item.start))
    return found
