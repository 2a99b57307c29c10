"""Card payments at a bank's own page."""

from app.gateways.cards.nestpay.gateway import NestpayCards
from app.gateways.cards.port import CardGateway
from app.gateways.cards.raiaccept.gateway import RaiacceptCards
from app.gateways.cards.sandbox.gateway import SandboxCards
from config.cards import CardSection, NestpaySettings, RaiacceptSettings, SandboxSettings


class BankNotSet(Exception):
    """The settings do not hold what the chosen bank needs; the message says which section."""


def open_cards(
    name: str,
    *,
    nestpay: NestpaySettings,
    raiaccept: RaiacceptSettings,
    sandbox: SandboxSettings,
) -> CardGateway:
    """Raises: BankNotSet."""
    sections: dict[str, CardSection] = {
        section.section: section for section in (nestpay, raiaccept, sandbox)
    }
    if name not in sections or not sections[name].is_set:
        raise BankNotSet(f"the section [{name}] of the settings is empty")
    if name == NestpayCards.name:
        return NestpayCards(nestpay)
    return RaiacceptCards(raiaccept) if name == RaiacceptCards.name else SandboxCards(sandbox)
