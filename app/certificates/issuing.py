"""The one way in which a certificate comes into being."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from app.audit.records import Action
from app.certificates import letters
from app.certificates.paper import Facts, render_certificate
from app.certificates.records import (
    Application,
    ApplicationFile,
    Certificate,
    CertificateCode,
    Ground,
    NotNow,
    NotSigned,
    State,
    Typed,
)
from app.certificates.shared import Shared
from app.certificates.store import applications, issued
from app.codes import new_code
from app.formats import Formats
from app.gateways.signing.port import SigningFailed
from app.messages.texts import texts
from app.staff.records import Member


@dataclass(frozen=True, slots=True)
class _Made:
    certificate: Certificate
    paper: bytes


class Issuing:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def issue(self, file: ApplicationFile, ground: Ground, *, by: Member | None) -> None:
        """Once: the paper is made and signed first, then it and its row are written together, if
        nobody has decided meanwhile. by: None where the portal issues it at once.

        Raises: NotNow, NotSigned.
        """
        shared, application = self._shared, file.application
        if application.state is not State.WAITING:
            raise NotNow
        now, today = shared.clock(), shared.today()
        certificate = Certificate(
            code=CertificateCode(new_code()),
            issued_at=now,
            valid_until=today + timedelta(days=shared.settings.valid_days),
            ended_on=None,
            ended_why=None,
            is_signed=shared.signer is not None,
        )
        paper = self._paper(application, certificate, ground, file.typed or {})
        with shared.database.write() as connection:
            self._write(connection, application, ground, _Made(certificate, paper), by=by)

    def _paper(
        self, application: Application, certificate: Certificate, ground: Ground, typed: Typed
    ) -> bytes:
        shared, translate = self._shared, texts(application.language)
        facts = Facts(
            application=application,
            certificate=certificate,
            contracts=ground.contracts,
            typed=typed,
            verify_at=shared.addresses.verify(certificate.code),
        )
        paper = render_certificate(
            facts,
            utility=shared.utility,
            is_sample=shared.is_demo,
            formats=Formats(application.language),
            translate=translate,
        )
        if shared.signer is None:
            return paper
        try:
            return shared.signer.sign(
                paper, reason=translate("Debt certificate"), place=shared.utility.place
            )
        except SigningFailed as error:
            raise NotSigned(str(error)) from error

    def _write(
        self,
        connection: Connection,
        application: Application,
        ground: Ground,
        made: _Made,
        *,
        by: Member | None,
    ) -> None:
        """Raises: NotNow."""
        shared, certificate = self._shared, made.certificate
        decided = {
            "state": State.ISSUED,
            "decided_at": certificate.issued_at,
            "decided_by": by.id if by else None,
        }
        if not applications.decide(connection, application.id, **decided):
            raise NotNow
        values = {
            "application_id": application.id,
            "code": certificate.code,
            "issued_at": certificate.issued_at,
            "valid_until": certificate.valid_until,
            "is_signed": certificate.is_signed,
            "paper": shared.seal.sealer.seal(made.paper),
        }
        issued.add(connection, values, ground.newest)
        told = replace(application, state=State.ISSUED)
        detail = f"{len(ground.contracts)} contracts"
        shared.note(connection, Action.CERTIFICATE_ISSUED, told, by=by, detail=detail)
        shared.mail(
            connection,
            told,
            lambda _, _language, address: letters.decided(_, told, reason="", address=address),
        )
