"""The file with the certificate and key that sign: whether it can be used."""

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import pkcs12

from app.gateways.signing.port import SigningFailed, SigningNotSet


def check_file(file: Path, password: str) -> None:
    """Raises: SigningNotSet."""
    try:
        key, certificate, _others = pkcs12.load_key_and_certificates(
            file.read_bytes(), password.encode() or None
        )
    except OSError as error:
        raise SigningNotSet(f"{file} cannot be read: {error.strerror}") from None
    except ValueError:
        raise SigningNotSet(
            f"{file} is no PKCS#12 file, or SELFCARE_CERTIFICATES_SIGNING_PASSWORD is not its"
            " password"
        ) from None
    if key is None or certificate is None:
        raise SigningNotSet(f"{file} holds no key with its certificate")


def ends_at(file: Path, password: str) -> datetime:
    """When the certificate of a file that can be used ends."""
    found = pkcs12.load_pkcs12(file.read_bytes(), password.encode() or None).cert
    if found is None:
        raise SigningFailed(f"{file} holds no certificate")
    return found.certificate.not_valid_after_utc
