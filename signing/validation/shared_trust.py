"""Trust material read once for all files judged by it, with the chains found to hold.

A worker judges one file after another by the same roots and lists. Reading those and
checking their signatures again for each would cost as much as the file itself.
"""

from functools import lru_cache

from pki.path.cache import ChainCache
from pki.trust import TrustMaterial, TrustStore

_KEPT = 2
"""Materials at a time: the one in use, and the one it takes the place of."""


@lru_cache(maxsize=_KEPT)
def shared_chains(material: TrustMaterial) -> ChainCache:
    """Return who judges chains by `material`; other material is another judge.

    Chains are kept for a minute at most, and while every certificate, list and answer
    they rest on counts.

    Raises:
        PkiError: a root is malformed or not a CA.
    """
    return ChainCache(TrustStore.from_material(material), passed_only=True)
