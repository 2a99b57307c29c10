"""The file with the certificate and key that sign: whether it can be used."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import pkcs12

from app.clock import now
from app.gateways.signing.port import SigningNotSet


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
    if certificate.not_valid_after_utc <= now():
        raise SigningNotSet(f"{file}: its certificate ended on {certificate.not_valid_after_utc}")
