"""Signed papers, checked by pyhanko's validator and by poppler's pdfsig."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from app.clock import now
from app.gateways.signing import SigningFailed, SigningNotSet, open_signer
from app.gateways.signing.demo import DEMO_PASSWORD, make_demo_file
from config.certificates import CertificateSettings
from tests.components import need
from tests.documents import pdf

PAPER = pdf("Vërtetim")


def signed(file: Path) -> bytes:
    settings = CertificateSettings(signing_file=file, signing_password=DEMO_PASSWORD)
    signer = open_signer(settings, None)
    assert signer is not None
    return signer.sign(PAPER, reason="Vërtetim Debie", place="Tiranë")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "signing.p12"
    make_demo_file(made)
    return made


def apart(do: Callable[[], Any]) -> Any:
    """In a thread of its own: a browser's tests before these leave an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(do).result()


def is_sound(paper: bytes, file: Path) -> bool:
    _key, certificate, _others = pkcs12.load_key_and_certificates(
        file.read_bytes(), DEMO_PASSWORD.encode()
    )
    assert certificate is not None
    root = file.with_name("root.pem")
    root.write_bytes(certificate.public_bytes(Encoding.PEM))
    context = ValidationContext(trust_roots=[load_cert_from_pemder(str(root))])
    [signature] = PdfFileReader(BytesIO(paper)).embedded_signatures
    status = apart(lambda: validate_pdf_signature(signature, context))
    return bool(status.bottom_line and status.intact and status.valid and status.trusted)


def test_the_signature_covers_the_paper(file: Path) -> None:
    paper = signed(file)
    assert paper.startswith(PAPER), "what was drawn stays as it is"
    assert b"ETSI.CAdES.detached" in paper
    assert is_sound(paper, file)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_changed_byte_is_found(file: Path, place: float) -> None:
    paper = bytearray(signed(file))
    at = int(len(PAPER) * place)
    paper[at] ^= 1
    try:
        assert not is_sound(bytes(paper), file)
    except Exception as error:  # a byte of the structure itself: no reader opens it
        assert type(error).__module__.startswith("pyhanko"), error


def test_pdfsig_agrees(file: Path, tmp_path: Path) -> None:
    need(shutil.which("pdfsig") is not None, "poppler-utils")
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(signed(file))
    told = subprocess.run(["pdfsig", "-nocert", paper], capture_output=True, text=True, check=False)
    assert "Signature is Valid" in told.stdout, told.stdout + told.stderr
    assert "Total document signed" in told.stdout
    changed = bytearray(paper.read_bytes())
    changed[changed.index(b"stream") + 10] ^= 1
    paper.write_bytes(changed)
    told = subprocess.run(["pdfsig", "-nocert", paper], capture_output=True, text=True, check=False)
    assert "Signature is Valid" not in told.stdout


def test_the_demos_file_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "demo.p12"
    signer = open_signer(CertificateSettings(), file)
    assert signer is not None and not file.exists(), "not before it is needed"
    signer.sign(PAPER, reason="x", place="")
    made = file.read_bytes()
    other = open_signer(CertificateSettings(), file)
    assert other is not None
    other.sign(PAPER, reason="x", place="")
    assert file.read_bytes() == made
    assert [one.name for one in tmp_path.iterdir()] == ["demo.p12"]


def test_nothing_is_signed_where_nothing_is_set() -> None:
    assert open_signer(CertificateSettings(), None) is None


@pytest.mark.parametrize("content", [None, b"", b"no such file"])
def test_a_file_that_cannot_be_used_is_told_at_start(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "broken.p12"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SigningNotSet, match=r"broken\.p12"):
        open_signer(CertificateSettings(signing_file=file), None)


def test_it_signs_where_an_event_loop_runs(file: Path) -> None:
    async def within() -> bytes:
        return signed(file)

    assert is_sound(apart(lambda: asyncio.run(within())), file)


def test_a_certificate_that_ended_signs_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The portal starts with it all the same: only certificates wait."""
    later = now() + timedelta(days=10_000)
    monkeypatch.setattr("app.gateways.signing.signers.now", lambda: later)
    with pytest.raises(SigningFailed, match="ended on"):
        signed(file)


def test_a_wrong_password_is_told_at_start(file: Path) -> None:
    settings = CertificateSettings(signing_file=file, signing_password="other")
    with pytest.raises(SigningNotSet, match="PASSWORD"):
        open_signer(settings, None)


def test_a_file_that_vanished_is_told_when_it_is_needed(file: Path) -> None:
    settings = CertificateSettings(signing_file=file, signing_password=DEMO_PASSWORD)
    signer = open_signer(settings, None)
    assert signer is not None
    file.unlink()
    with pytest.raises(SigningFailed, match=r"signing\.p12"):
        signer.sign(PAPER, reason="x", place="")
