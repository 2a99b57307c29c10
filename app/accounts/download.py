"""All that the portal keeps of an account, for its owner."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.accounts.records import Account, Device, Invitation, Link, Profile
from app.accounts.shared import Shared
from app.accounts.store import choices, contracts, people, sessions
from app.audit.records import Actor, Event
from app.messages.records import Posted
from legacy_adapters.records import ContractCode

EVENTS_AT_MOST = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    account: Account
    profile: Profile
    links: list[Link]
    invitations: list[Invitation]
    devices: list[Device]
    messages: list[Posted]
    events: list[Event]
    own_choices: dict[ContractCode, choices.Since]
    elsewhere: dict[str, object]


def all_of(shared: Shared, account: Account) -> dict[str, Any]:
    """Ready for JSON; neither passwords nor tokens, not even as hashes."""
    now = shared.clock()
    kept = _read(shared, account, now)
    return {
        "made_at": _iso(now),
        "account": _account(kept),
        "contracts": [_link(link) for link in kept.links],
        "invitations": [_invitation(invitation) for invitation in kept.invitations],
        "signed_in_devices": [_device(device) for device in kept.devices],
        "messages": [_message(message) for message in kept.messages],
        "events": [_event(event) for event in kept.events],
        "preferences_of_single_contracts": {
            code: sorted(since) for code, since in kept.own_choices.items()
        },
        **kept.elsewhere,
    }


def _read(shared: Shared, account: Account, now: datetime) -> Kept:
    with shared.database.read() as connection:
        profile = people.get_profile(connection, account.id, now)
        links = contracts.list_links(connection, account.id)
        invitations = contracts.list_all_invitations(connection, account.id, now)
        devices = sessions.list_sessions(
            connection,
            account.id,
            created_after=shared.oldest_session(now),
            seen_after=shared.oldest_session(now),
        )
        messages = shared.outbox.list_of(connection, account.id)
        own_choices = choices.list_of(connection, account.id)
        elsewhere = {name: of(connection, account.id) for name, of in shared.kept_elsewhere.items()}
    # A database may give the number of a closed account again: what is older is another's.
    events = shared.audit.list_newest(
        account_id=account.id, since=profile.created_at, limit=EVENTS_AT_MOST
    )
    return Kept(
        account=account,
        profile=profile,
        links=links,
        invitations=invitations,
        devices=devices,
        messages=messages,
        events=events,
        own_choices=own_choices,
        elsewhere=elsewhere,
    )


def _account(kept: Kept) -> dict[str, Any]:
    account, profile = kept.account, kept.profile
    return {
        "user_name": account.user_name,
        "email": account.email,
        "email_confirmed_at": _iso(profile.email_confirmed_at),
        "email_waiting_for_confirmation": profile.pending_email,
        "phone": account.phone,
        "phone_is_confirmed": profile.phone_is_confirmed,
        "language": account.language,
        "created_at": _iso(profile.created_at),
        "preferences": sorted(profile.preferences),
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "code": link.contract_code,
        "right": link.right,
        "linked_at": _iso(link.linked_at),
        "granted_by": link.granted_by,
        "own_name": link.label.name,
        "own_group": link.label.group,
    }


def _invitation(invitation: Invitation) -> dict[str, Any]:
    return {
        "contract": invitation.contract_code,
        "email": invitation.email,
        "right": invitation.right,
        "sent_at": _iso(invitation.created_at),
        "ends_at": _iso(invitation.expires_at),
    }


def _device(device: Device) -> dict[str, Any]:
    return {
        "device": device.device,
        "address": device.address,
        "since": _iso(device.created_at),
        "last_seen": _iso(device.seen_at),
    }


def _message(message: Posted) -> dict[str, Any]:
    return {
        "channel": message.channel,
        "about": message.kind,
        "to": message.recipient,
        "written_at": _iso(message.created_at),
        "sent_at": _iso(message.sent_at),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "at": _iso(event.at),
        "by": event.actor,
        "what": event.action,
        "contract": event.contract_code,
        # Where one's own browser was; not where the utility's people sit.
        "address": "" if event.actor is Actor.STAFF else event.address,
        "detail": event.detail,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
