"""PAdES by pyhanko (ETSI EN 319 142, baseline B: without a time-stamp of an authority)."""

from io import BytesIO
from pathlib import Path

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter

from app.gateways.signing.port import SigningFailed

FIELD = "Signature"


class Pades:
    def __init__(self, file: Path, password: str) -> None:
        """Raises: SigningFailed."""
        signer = signers.SimpleSigner.load_pkcs12(  # type: ignore[no-untyped-call]
            pfx_file=str(file), passphrase=password.encode() or None
        )
        if signer is None:
            raise SigningFailed(f"{file} cannot be opened with its password")
        self._signer = signer

    def sign(self, paper: bytes, *, reason: str, place: str) -> bytes:
        wanted = signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            reason=reason,
            location=place or None,
        )
        writer = IncrementalPdfFileWriter(BytesIO(paper))
        signed: BytesIO = signers.sign_pdf(writer, wanted, signer=self._signer, output=BytesIO())
        return signed.getvalue()
