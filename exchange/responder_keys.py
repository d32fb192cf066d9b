"""Which key answers for which CA (OCSP).

The settings name a key per kind of issuing CA; it answers for the generation that
certified it, so that a new generation does not silence the old one before its responder
has a key. Keys for the other generations lie in a folder, named by label.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from exchange.config import Settings
from exchange.keys import key_files, open_key
from exchange.settings.keys import KeySettings, KeyUri
from pki.ca.labels import CaLabel
from pki.ca.layout import labels_in, load_certificate
from pki.keys.api import Credential
from pki.kinds import CertificateKind


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key and where it is kept."""

    settings: KeySettings
    credential: Credential


@dataclass(frozen=True, slots=True)
class ResponderKeys:
    """What the settings say about keys for OCSP.

    Args:
        named: by kind of issuing CA; those without an address are not used.
        folder: `LABEL.p12` for further generations; None: there are none.
        passphrase_file: opens the files in the folder.
    """

    named: Mapping[CertificateKind, KeySettings]
    folder: Path | None
    passphrase_file: Path | None

    @classmethod
    def of(cls, settings: Settings) -> "ResponderKeys":
        """Take them from the settings."""
        ocsp, publication = settings.keys.ocsp, settings.publication
        named = {
            CertificateKind.ISSUING_PERSONS: ocsp.persons,
            CertificateKind.ISSUING_ORGANISATIONS: ocsp.organisations,
            CertificateKind.ISSUING_SYSTEMS: ocsp.systems,
        }
        return cls(
            {kind: key for kind, key in named.items() if key.uri},
            publication.responders,
            publication.responders_passphrase_file,
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """The files and folders a change of which means a new key."""
        return tuple(self._files())

    def open(self, directory: Path) -> dict[CaLabel, Credential]:
        """Open every key, each for the CA it answers for.

        Raises:
            PkiError: a key cannot be opened.
        """
        held = self.held(directory)
        return {label: one.credential for label, one in held.items()}

    def held(self, directory: Path) -> dict[CaLabel, HeldKey]:
        """Open every key, and tell where each is kept.

        Raises:
            PkiError: a key cannot be opened.
        """
        labels = labels_in(directory)
        opened = dict(
            _placed(directory, labels, kind, HeldKey(key, open_key(key)))
            for kind, key in self.named.items()
        )
        for label in labels:
            if label not in opened and (key := self._key_in_folder(label)):
                opened[label] = HeldKey(key, open_key(key))
        return opened

    def place_of(self, label: CaLabel) -> KeySettings | None:
        """Return where a further key would lie; None without a folder for it."""
        return None if self.folder is None else self._place(self.folder, label)

    def _files(self) -> Iterator[Path]:
        yield from key_files(self.named.values())
        for further in (self.folder, self.passphrase_file):
            if further:
                yield further

    def _key_in_folder(self, label: CaLabel) -> KeySettings | None:
        if self.folder is None or not (self.folder / f"{label}.p12").exists():
            return None
        return self._place(self.folder, label)

    def _place(self, folder: Path, label: CaLabel) -> KeySettings:
        return KeySettings(
            uri=KeyUri(f"pkcs12:{folder}/{label}.p12"),
            passphrase_file=self.passphrase_file,
        )


def _placed(
    directory: Path,
    labels: tuple[CaLabel, ...],
    kind: CertificateKind,
    held: HeldKey,
) -> tuple[CaLabel, HeldKey]:
    """Find the CA that certified a key; a key of no CA is refused where it is used."""
    issuer = held.credential.certificate.issuer
    for label in (one for one in labels if one.kind is kind):
        if load_certificate(directory, label).subject == issuer:
            return label, held
    return CaLabel(kind), held
