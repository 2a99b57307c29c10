"""The demo's own certificate. Nobody has vouched for it, and the papers say so."""

import os
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from app.clock import now

DEMO_PASSWORD = "demo"  # noqa: S105 - of a file that everybody may make
YEARS = timedelta(days=3 * 365)
NAME = "Energjia Demo – TEST, JO I VËRTETË"


def make_demo_file(file: Path) -> None:
    """Where there is none yet; whole or not at all, whoever makes it at the same time."""
    if file.exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + YEARS)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    body = pkcs12.serialize_key_and_certificates(
        b"demo", key, certificate, None, BestAvailableEncryption(DEMO_PASSWORD.encode())
    )
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    beside.write_bytes(body)
    try:
        os.link(beside, file)  # unlike a rename, never over another's
    except FileExistsError:
        pass
    finally:
        beside.unlink()
