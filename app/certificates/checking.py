"""Whether a certificate says what is true: for whoever holds the paper, and by itself."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import structlog

from app.audit.records import Action
from app.certificates import rules
from app.certificates.records import (
    ApplicationFile,
    CertificateCode,
    Checked,
    Ended,
    Validity,
)
from app.certificates.shared import Shared
from app.certificates.store import issued
from app.codes import plain_code
from legacy_adapters.errors import BillingError
from legacy_adapters.records import ContractCode, Debt

log = structlog.get_logger("selfcare")
AT_ONCE = 100  # certificates that billing is asked about together
Newest = Mapping[ContractCode, date | None]
Stopping = Callable[[], bool]


class Checking:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def find(self, typed: str) -> Checked | None:
        """None where there is no such certificate. Codes are compared as they are printed,
        whatever their case and spaces. Writes nothing down."""
        code = CertificateCode(plain_code(typed))
        if not code:
            return None
        shared = self._shared
        with shared.database.read() as connection:
            application_id = issued.find_application(connection, code)
            if application_id is None:
                return None
            file = shared.opened(shared.find(connection, application_id))
            then = issued.list_newest(connection, [code]).get(code, {})
        return self._checked(file, then)

    def _checked(self, file: ApplicationFile, then: Newest) -> Checked:
        if file.certificate is None:
            raise RuntimeError("a certificate vanished while it was checked")
        ended = rules.ended(file.certificate, self._shared.today())
        validity = Validity.ENDED
        if ended is None:
            try:
                ended, is_told = self._ask([then])[0]
                is_valid = Validity.VALID if is_told else Validity.UNSURE
                validity = Validity.ENDED if ended else is_valid
            except BillingError as error:
                do = "run: flask billing check"
                log.warning("certificate not checked", reason=str(error), do=do)
                validity = Validity.UNSURE
        return Checked(
            application=file.application,
            certificate=file.certificate,
            contracts=len(then),
            validity=validity,
            ended_on=ended[0] if ended else None,
            ended_why=ended[1] if ended else None,
        )

    def _ask(self, many: Sequence[Newest]) -> list[tuple[tuple[date, Ended] | None, bool]]:
        """Of each: since when billing says otherwise, and whether it still knows of all of it.
        Two round trips for each 900 contracts.

        Raises: BillingError.
        """
        codes = sorted({code for newest in many for code in newest})
        now = self._shared.billing.list_newest(codes)
        debts = self._shared.billing.list_debts(codes)
        today = self._shared.today()
        return [
            (
                rules.ended_by_billing(then, _of(then, now), _debts_of(then, debts), today),
                rules.is_told(then, now),
            )
            for then in many
        ]

    def end_outdated(self, stopping: Stopping = lambda: False) -> int:
        """Writes down which certificates have ended: a debt that is paid makes none valid again.
        Returns how many. Any number of processes may do it at once.

        Raises: DatabaseError.
        """
        last, count = 0, 0
        while not stopping():
            with self._shared.database.read() as connection:
                some = issued.list_valid(connection, self._shared.today(), after=last, most=AT_ONCE)
                newest = issued.list_newest(connection, [code for _place, code in some])
            if not some:
                return count
            try:
                count += self._end(newest)
            except BillingError as error:
                do = "nothing: it is tried again; run: flask billing check"
                log.warning("certificates not checked", reason=str(error), do=do)
                return count
            last = some[-1][0]
        return count

    def _end(self, newest: Mapping[CertificateCode, Newest]) -> int:
        """Raises: BillingError."""
        shared, count = self._shared, 0
        codes = list(newest)
        told = self._ask([newest[code] for code in codes])
        for code, (ended, _is_told) in zip(codes, told, strict=True):
            if ended is None:
                continue
            with shared.database.write() as connection:
                if not issued.end(connection, code, *ended):
                    continue
                application_id = issued.find_application(connection, code)
                if application_id is None:
                    continue
                application = shared.find(connection, application_id).listed.application
                detail = ended[1].value
                shared.note(connection, Action.CERTIFICATE_ENDED, application, detail=detail)
            count += 1
        return count


def _of(then: Newest, now: Newest) -> dict[ContractCode, date | None]:
    return {code: now.get(code) for code in then}


def _debts_of(then: Newest, debts: Mapping[ContractCode, Debt]) -> dict[ContractCode, Debt]:
    return {code: debts[code] for code in then if code in debts}
