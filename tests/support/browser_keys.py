"""A key and a root where Chromium looks for them: NSS, in the home of who runs it.

Which certificate a site gets is asked in a window, or decided by a policy of the
machine. A profile keeps such decisions as well, so that nothing outside the test's own
folder is written.
"""

import json
from pathlib import Path

from pki.files import PRIVATE, write_atomically
from pki.keys.api import Credential
from pki.keys.software import SoftwareKey, save_pkcs12
from tests.support.judges import run
from tests.support.pki import HeldKey

PASSPHRASE = b"mot cau"


def write_pkcs12(path: Path, credential: Credential) -> None:
    """Write a key that opens with the passphrase of these tests."""
    key = credential.key
    if not isinstance(key, HeldKey):
        raise TypeError
    own = SoftwareKey(key.private)
    data = save_pkcs12(
        Credential(own, credential.certificate, credential.chain),
        "own",
        PASSPHRASE,
    )
    write_atomically(path, data, mode=PRIVATE)


def write_home(home: Path, credential: Credential, root: Path) -> None:
    """Write the key of a person, and the root of the sites they visit.

    Args:
        home: a folder that is not there yet.
        credential: key and certificate.
        root: PEM.
    """
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    write_pkcs12(home / "own.p12", credential)
    place = ("-d", f"sql:{database}")
    for program, words in (
        ("certutil", ("-N", *place, "--empty-password")),
        ("pk12util", ("-i", home / "own.p12", *place, "-W", PASSPHRASE.decode())),
        ("certutil", ("-A", *place, "-n", "root", "-t", "C,,", "-i", root)),
    ):
        done = run(program, *words)
        if done.returncode:
            raise ValueError(done.stdout + done.stderr)


def write_choice(profile: Path, address: str) -> None:
    """Write into a new profile that a site gets the certificate without asking.

    Args:
        profile: folder of the profile.
        address: origin of the site.
    """
    choice: dict[str, object] = {f"{address},*": {"setting": {"filters": [{}]}}}
    kept = {"content_settings": {"exceptions": {"auto_select_certificate": choice}}}
    folder = profile / "Default"
    folder.mkdir(parents=True)
    (folder / "Preferences").write_text(json.dumps({"profile": kept}))
