"""Signing papers."""

from pathlib import Path

from app.gateways.signing.demo import DEMO_PASSWORD, make_demo_file
from app.gateways.signing.keys import check_file
from app.gateways.signing.port import Signer, SigningFailed, SigningNotSet
from app.gateways.signing.signers import FileSigner
from config.certificates import CertificateSettings

__all__ = ["Signer", "SigningFailed", "SigningNotSet", "open_signer"]


def open_signer(settings: CertificateSettings, demo_file: Path | None) -> Signer | None:
    """None where papers are not signed. demo_file: where the demo keeps the certificate that it
    makes for itself when one is first needed; None outside the demo.

    Raises: SigningNotSet, when the file of the settings cannot be used.
    """
    if settings.signing_file is not None:
        password = settings.signing_password.get_secret_value()
        check_file(settings.signing_file, password)
        return FileSigner(settings.signing_file, password)
    if demo_file is not None:
        return FileSigner(demo_file, DEMO_PASSWORD, prepare=make_demo_file)
    return None
