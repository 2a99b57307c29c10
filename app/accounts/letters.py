"""What accounts are told by mail and SMS, in their language."""

from collections.abc import Callable
from datetime import datetime

from app.accounts.records import Right, TakenBack
from app.clock import HOME
from app.messages.records import Block, Kind, Letter

Translate = Callable[[str], str]


def _told(text: str) -> Block:
    return Block(text=text)


def _link(text: str, address: str) -> Block:
    return Block(kind=Kind.LINK, text=text, address=address)


def _when(moment: datetime) -> str:
    return moment.astimezone(HOME).strftime("%d.%m.%Y, %H:%M")


def _not_me(_: Translate, address: str) -> tuple[Block, ...]:
    return (
        _told(
            _(
                "Was this not you? Then stop it here. Nobody can sign in after that, until you"
                " call us:"
            )
        ),
        _link(_("This was not me"), address),
    )


def welcome(_: Translate, name: str, address: str) -> Letter:
    return Letter(
        subject=_("Welcome. Please confirm your e-mail address"),
        blocks=(
            _told(
                _("Your account is there. You sign in as “%(name)s” or with this e-mail address.")
                % {"name": name}
            ),
            _told(_("Please confirm that this address is yours:")),
            _link(_("Confirm the address"), address),
            _told(
                _(
                    "If you did not register, you need do nothing: without a confirmation nothing"
                    " more is sent here."
                )
            ),
        ),
    )


def confirm_address(_: Translate, address: str) -> Letter:
    return Letter(
        subject=_("Please confirm your e-mail address"),
        blocks=(
            _told(_("This address was entered for an account. Please confirm that it is yours:")),
            _link(_("Confirm the address"), address),
            _told(_("The link works for 24 hours. If this was not you, you need do nothing.")),
        ),
    )


def recovery_noticed(_: Translate, moment: datetime, not_me: str) -> Letter:
    return Letter(
        subject=_("A new password was asked for"),
        blocks=(
            _told(
                _(
                    "On %(moment)s somebody who knows your user name, e-mail and phone asked for"
                    " a new password for your account. Your present password keeps working until"
                    " the new one is used."
                )
                % {"moment": _when(moment)}
            ),
            *_not_me(_, not_me),
        ),
    )


def recovery_password(
    _: Translate, password: str, minutes: int, sign_in: str, not_me: str
) -> Letter:
    return Letter(
        subject=_("Your temporary password"),
        blocks=(
            _told(
                _(
                    "You asked for a new password. Sign in with this one; it works once, for"
                    " %(minutes)s minutes:"
                )
                % {"minutes": minutes}
            ),
            Block(kind=Kind.SECRET, text=password),
            _link(_("Sign in"), sign_in),
            _told(
                _(
                    "You will then choose a password of your own. Your present password keeps"
                    " working until then."
                )
            ),
            *_not_me(_, not_me),
        ),
    )


def recovery_sms(_: Translate, password: str, minutes: int) -> str:
    return _(
        "%(password)s is your temporary password. It works once, for %(minutes)s minutes. Give it"
        " to nobody."
    ) % {"password": password, "minutes": minutes}


def password_changed(_: Translate, moment: datetime, not_me: str, taken_back: TakenBack) -> Letter:
    return Letter(
        subject=_("Your password was changed"),
        blocks=(
            _told(
                _(
                    "On %(moment)s the password of your account was changed. All other devices"
                    " were signed out."
                )
                % {"moment": _when(moment)}
            ),
            *_taken_back(_, taken_back),
            *_not_me(_, not_me),
        ),
    )


def _taken_back(_: Translate, what: TakenBack) -> tuple[Block, ...]:
    told = []
    if what.invitations:
        told.append(
            _(
                "For safety, invitations to your contracts that nobody had accepted yet were taken"
                " back."
            )
        )
    if what.email_change:
        told.append(
            _("For safety, the new e-mail address that waited to be confirmed was taken back.")
        )
    if not told:
        return ()
    if what.again_from is None:
        told.append(_("If it was you who began that, you can begin it again."))
    else:
        told.append(
            _("If it was you who began that, you can begin it again from %(moment)s.")
            % {"moment": _when(what.again_from)}
        )
    return (_told(" ".join(told)),)


def email_changed(_: Translate, moment: datetime, new: str, not_me: str) -> Letter:
    return Letter(
        subject=_("Your e-mail address was changed"),
        blocks=(
            _told(
                _(
                    "On %(moment)s the e-mail address of your account was changed to %(address)s."
                    " From now on we write there."
                )
                % {"moment": _when(moment), "address": new}
            ),
            *_not_me(_, not_me),
        ),
    )


def phone_changed(_: Translate, moment: datetime, not_me: str) -> Letter:
    return Letter(
        subject=_("Your phone number was changed"),
        blocks=(
            _told(
                _("On %(moment)s the phone number of your account was changed.")
                % {"moment": _when(moment)}
            ),
            *_not_me(_, not_me),
        ),
    )


def stopped(_: Translate) -> Letter:
    return Letter(
        subject=_("Your account is locked, as you asked"),
        blocks=(
            _told(
                _(
                    "Nobody can sign in to your account now. What had been changed was set back"
                    " to what it was before."
                )
            ),
            _told(
                _("Please call us: we will open it again when we have made sure that it is you.")
            ),
        ),
    )


def locked_by_us(_: Translate, moment: datetime, _sign_in: str) -> Letter:
    return Letter(
        subject=_("We locked your account"),
        blocks=(
            _told(
                _(
                    "On %(moment)s we locked your account in our portal. All devices were signed"
                    " out, and nobody can sign in. Your contracts with us go on as they are."
                )
                % {"moment": _when(moment)}
            ),
            _told(_("If you do not know why, please call us.")),
        ),
    )


def unlocked_by_us(_: Translate, moment: datetime, sign_in: str) -> Letter:
    return Letter(
        subject=_("Your account is open again"),
        blocks=(
            _told(
                _(
                    "On %(moment)s we opened your account again. If your password no longer"
                    " works, make a new one there by “Forgot your password?”."
                )
                % {"moment": _when(moment)}
            ),
            _link(_("Sign in"), sign_in),
            _told(_("If it was not you who asked us for that, please call us at once.")),
        ),
    )


def signed_out_by_us(_: Translate, moment: datetime, sign_in: str) -> Letter:
    return Letter(
        subject=_("All your devices were signed out"),
        blocks=(
            _told(
                _(
                    "On %(moment)s we signed out all devices of your account. You can sign in"
                    " again with your password."
                )
                % {"moment": _when(moment)}
            ),
            _link(_("Sign in"), sign_in),
            _told(_("If it was not you who asked us for that, please call us.")),
        ),
    )


def contract_added_elsewhere(_: Translate, code: str, moment: datetime) -> Letter:
    return Letter(
        subject=_("A contract of yours was added to another account"),
        blocks=(
            _told(
                _(
                    "On %(moment)s contract %(code)s, which is in your account, was added to"
                    " another account too, by somebody who gave its number and the holder’s name."
                )
                % {"moment": _when(moment), "code": code}
            ),
            _told(
                _(
                    "If that was a member of your household or your business, all is well. If you"
                    " know of nobody who should see this contract, please call us."
                )
            ),
        ),
    )


def invited(_: Translate, inviter: str, code: str, right: str, address: str) -> Letter:
    return Letter(
        subject=_("You are invited to a contract"),
        blocks=(
            _told(
                _("%(inviter)s lets you into contract %(code)s: %(right)s.")
                % {"inviter": inviter, "code": code, "right": right}
            ),
            _link(_("See the invitation"), address),
            _told(
                _("You need an account with this e-mail address. The invitation works for 7 days.")
            ),
        ),
    )


def invitation_accepted(_: Translate, name: str, code: str, address: str) -> Letter:
    return Letter(
        subject=_("Your invitation was accepted"),
        blocks=(
            _told(
                _("%(name)s can see contract %(code)s now, as you invited.")
                % {"name": name, "code": code}
            ),
            _told(_("If you invited nobody, take it back there and change your password:")),
            _link(_("Who may see the contract"), address),
        ),
    )


def closed(_: Translate) -> Letter:
    return Letter(
        subject=_("Your account is closed"),
        blocks=(
            _told(
                _(
                    "Your account was deleted, as you asked. Your contracts with us go on as they"
                    " are. Requests that you sent are handled to their end and kept, and"
                    " so are payments by card and debt certificates."
                )
            ),
            _told(_("You can register again at any time with your contract number.")),
        ),
    )


def code_sms(_: Translate, code: str, minutes: int) -> str:
    return _(
        "%(code)s is the code for your contract in our portal, for %(minutes)s minutes. Give it"
        " to nobody."
    ) % {"code": code, "minutes": minutes}


def phone_code_sms(_: Translate, code: str, minutes: int) -> str:
    return _("Your code: %(code)s. It confirms your number and works for %(minutes)s minutes.") % {
        "code": code,
        "minutes": minutes,
    }


def phone_gone(_: Translate, phone: str) -> Letter:
    return Letter(
        subject=_("Your phone number was confirmed in another account"),
        blocks=(
            _told(
                _(
                    "Whoever has the number %(phone)s now has confirmed it in another account. We"
                    " send no more SMS for your account there. If the number is still yours, sign"
                    " in and confirm it again; if you know nothing of the other account, call us."
                )
                % {"phone": phone}
            ),
        ),
    )


def right_in_words(_: Translate, right: Right) -> str:
    if right is Right.PAY:
        return _("you may see it and pay for it")
    return _("you may see it")
