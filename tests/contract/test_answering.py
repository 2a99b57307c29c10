"""What SMS and USSD are answered: to whom, how often, and with which figures."""

import json
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.accounts.records import CodeRefused, PhoneNotServed, SignedIn, TooManyCodes
from app.accounts.store.tables import phone_check
from app.audit.records import Action
from app.messages import brief
from app.messages.store import message
from app.notifications.answering import Answering
from legacy_adapters.records import ContractCode
from tests.accounts import HOME
from tests.notified import EVERYTHING, Town

CODE, OTHER = "AL0000004", "AL0000001"


@pytest.fixture
def answering(town: Town) -> Answering:
    return town.answering()


def ask(answering: Answering, me: SignedIn, text: str, message_id: str = "") -> str:
    return answering.answer_sms(me.account.phone, text, message_id=message_id)


def test_the_figures_are_those_of_the_pages(town: Town, answering: Answering) -> None:
    me = town.settle("Vera Leka", CODE)
    assert ask(answering, me, "0") == f"{CODE} nuk ka detyrime."
    town.issue(CODE, "501", due=4)
    town.issue(CODE, "502", due=9)
    debt = town.billing.list_debts([ContractCode(CODE)])[ContractCode(CODE)]
    answer = ask(answering, me, "0")
    assert answer.startswith(f"{CODE}: detyrimi 2600,00\xa0lekë, fatura: 2, afati ")
    assert debt.total == 2600 and debt.earliest_due is not None
    assert answer.endswith(f"{debt.earliest_due:%d.%m.%Y}.")
    history = town.services.invoices.get_history(ContractCode(CODE))
    assert history.consumption is not None
    newest = history.consumption.months[-1]
    assert ask(answering, me, "1").startswith(f"{CODE}: 10/2026 {newest.units} kWh, ")


def test_many_contracts_in_one_sms(town: Town, answering: Answering) -> None:
    codes = [f"AL{n:07}" for n in range(5, 25)]
    me = town.settle("Elbasan Market", *codes)
    for place, code in enumerate(codes):
        town.quiet(code)
        town.issue(code, str(500 + place), due=place)
    answer = ask(answering, me, "0")
    assert answer.startswith("Detyrimi 26\xa0000,00\xa0lekë, kontrata: 20. AL0000005 1300,00, ")
    assert answer.endswith(" ...") and brief.length(answer) <= 160
    assert ask(answering, me, f"0 {codes[7]}").startswith(f"{codes[7]}: detyrimi 1300,00")
    assert "Keni shumë kontrata" in ask(answering, me, "1")
    assert ask(answering, me, f"1 {codes[7]}").startswith(f"{codes[7]}: 10/2026")
    assert ask(answering, me, f"0 {OTHER}") == f"{OTHER} nuk është në llogarinë tuaj."
    assert ask(answering, me, "0 NONE") == "NONE nuk është në llogarinë tuaj."


def test_each_in_the_accounts_language(town: Town, answering: Answering) -> None:
    me = town.settle("Vera Leka", CODE, language="en")
    town.issue(CODE, "501", due=-3)
    assert "owes 1,300.00" in ask(answering, me, "0") and "since" in ask(answering, me, "0")
    assert ask(answering, me, "?").startswith("0: what you owe.")


def test_a_number_that_nobody_has_confirmed_learns_nothing(
    town: Town, answering: Answering
) -> None:
    me = town.settle("Vera Leka", CODE, is_confirmed=False)
    town.issue(CODE, "501")
    for text in ("0", "1", "STOP"):
        answer = town.answering().answer_sms(me.account.phone, text, message_id="")
        assert CODE not in answer and "1300" not in answer
    assert answering.answer_sms(me.account.phone, "0", message_id="") == ""  # the third today
    assert "nuk është konfirmuar" in answering.answer_sms("+355699999999", "0", message_id="")
    none_left = town.answering(strangers_an_hour=0)
    assert none_left.answer_sms("+355699999998", "0", message_id="") == ""


def test_an_account_that_is_locked_is_not_answered(town: Town, answering: Answering) -> None:
    me = town.settle("Vera Leka", CODE)
    with town.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET disabled_at = created_at")
    assert "nuk është konfirmuar" in ask(answering, me, "0")


def test_a_message_that_comes_twice_is_answered_twice_and_counts_once(town: Town) -> None:
    me = town.settle("Vera Leka", CODE)
    answering = town.answering(answers_a_day=2)
    first = ask(answering, me, "0", "id-1")
    assert all(ask(answering, me, "0", "id-1") == first for _ in range(5))
    assert ask(answering, me, "0", "id-2") == first
    assert ask(answering, me, "0", "id-3") == ""
    assert ask(answering, me, "0", "id-1") == first
    town.clock.now = town.clock.now.replace(year=town.clock.now.year + 1)
    answering.forget_old()
    assert ask(answering, me, "0", "id-1") == first  # a new day's first


def test_stop_ends_sms_and_nothing_else(town: Town, answering: Answering) -> None:
    me = town.settle("Vera Leka", CODE, OTHER, wants=EVERYTHING | {"case_by_sms"})
    choice = frozenset({"payment_by_sms", "payment_by_email"})
    town.accounts.preferences.set_of_contract(me, ContractCode(OTHER), choice, HOME)
    told = ask(answering, me, "Stop")
    assert told == "Nuk dërgojmë më SMS. Aktivizojini përsëri te https://portal.example"
    assert ask(answering, me, "Stop") == told
    left = town.accounts.profiles.get(me.account.id).preferences
    assert left == {"invoice_by_email", "reminder_by_email", "payment_by_email"}
    own = town.accounts.preferences.find_of_contract(me.account.id, ContractCode(OTHER))
    assert own == {"payment_by_email"}
    events = town.accounts.shared.audit.list_newest(account_id=me.account.id, limit=2)
    assert events[0].action is Action.PREFERENCES_CHANGED
    assert ask(answering, me, "0")  # questions are answered still


def test_stop_counts_however_often_one_has_asked(town: Town) -> None:
    me = town.settle("Vera Leka", CODE)
    answering = town.answering(answers_a_day=1)
    assert ask(answering, me, "0") and not ask(answering, me, "0")
    assert ask(answering, me, "STOP SMS") == ""
    left = town.accounts.profiles.get(me.account.id).preferences
    assert not [name for name in left if name.endswith("sms")]


def test_nobody_is_answered_in_dear_countries(town: Town, answering: Answering) -> None:
    assert answering.answer_sms("+8811234567890", "0", message_id="") == ""


def test_billing_that_is_away_is_told_in_words(town: Town, answering: Answering) -> None:
    me = town.settle("Vera Leka", CODE)
    town.file.rename(town.file.with_suffix(".gone"))
    town.file.mkdir()
    town.billing.close()
    answer = ask(answering, me, "0")
    assert "Tani nuk mund të shohim" in answer
    assert answering.answer_ussd(me.account.phone, "1").startswith("END Tani nuk mund")


# The menu


def test_the_menu_of_one_contract(town: Town, answering: Answering) -> None:
    me = town.settle("Vera Leka", CODE)
    town.issue(CODE, "501", due=4)
    dial = lambda text: answering.answer_ussd(me.account.phone, text)  # noqa: E731
    assert dial("") == "CON 1. Sa detyrohem\n2. Konsumi im"
    assert dial("1") == "END " + ask(answering, me, "0")
    assert dial("2") == "END " + ask(answering, me, "1")
    for wrong in ("3", "1*1", "1*", "*", "abc", "1*1*1", "٢", "2*99999999999", "1" * 10_000):
        assert dial(wrong) == "END Nuk ka zgjedhje të tillë. Ju lutemi formoni përsëri."


def test_what_is_in_a_payment_is_told(town: Town, answering: Answering) -> None:
    """Else it would be paid once more at a bank's desk."""
    me = town.settle("Vera Leka", CODE, OTHER)
    for code, number in ((CODE, "501"), (OTHER, "502")):
        town.quiet(code)
        town.issue(code, number)
    assert "pagesë" not in ask(answering, me, "0")
    town.hold(CODE, "501", Decimal(1300))
    told = "Nga kjo, tashmë në një pagesë: 1300,00\xa0lekë."
    assert told in ask(answering, me, "0") and told in ask(answering, me, f"0 {CODE}")
    assert "pagesë" not in ask(answering, me, f"0 {OTHER}")
    assert told in answering.answer_ussd(me.account.phone, "1*2")


def test_the_menu_of_several_contracts(town: Town, answering: Answering) -> None:
    codes = [f"AL{n:07}" for n in range(5, 10)]
    me = town.settle("Vera Leka", *codes)
    for place, code in enumerate(codes):
        town.quiet(code)
        if place < 3:
            town.issue(code, str(500 + place), due=place + 1)
    dial = lambda text: answering.answer_ussd(me.account.phone, text)  # noqa: E731
    head, *lines = dial("1").split("\n")
    assert head == "CON Detyrimi 3900,00\xa0lekë, kontrata: 3."
    assert lines == ["1. AL0000005", "2. AL0000006", "3. AL0000007"]
    assert dial("1*2").startswith("END AL0000006: detyrimi 1300,00")
    assert dial("1*4").startswith("END Nuk ka zgjedhje")
    assert dial("2").split("\n")[1:] == [f"{n}. {code}" for n, code in enumerate(codes, 1)]
    assert dial("2*5").startswith("END AL0000009: ")
    assert all(len(dial(text)) <= 182 for text in ("", "1", "1*2", "2", "2*5", "9"))


def test_only_the_first_screen_counts(town: Town) -> None:
    me = town.settle("Vera Leka", CODE)
    answering = town.answering(answers_a_day=1)
    assert answering.answer_ussd(me.account.phone, "").startswith("CON")
    assert answering.answer_ussd(me.account.phone, "1").startswith("END AL")
    assert answering.answer_ussd(me.account.phone, "") == (
        "END Shumë pyetje për sot. Provoni përsëri nesër."
    )


# Whose a phone is


def code_of(town: Town) -> str:
    with town.database.read() as connection:
        text = (
            connection.execute(
                select(message.c.body).where(message.c.kind == "phone code").order_by(message.c.id)
            )
            .scalars()
            .all()[-1]
        )
    return "".join(c for c in text.partition(".")[0] if c.isdigit())


def test_a_code_from_the_phone_confirms_it(town: Town) -> None:
    me = town.settle("Vera Leka", CODE, is_confirmed=False)
    with pytest.raises(CodeRefused):
        town.phones.confirm(me, "123456", HOME)
    town.phones.send_code(me)
    assert town.phones.has_code(me)
    with pytest.raises(CodeRefused):
        town.phones.confirm(me, "12345", HOME)
    assert town.phones.find_owner(me.account.phone) is None
    town.phones.confirm(me, code_of(town), HOME)
    assert town.phones.find_owner(me.account.phone) == me.account
    assert town.accounts.profiles.get(me.account.id).phone_is_confirmed
    with pytest.raises(CodeRefused):  # once
        town.phones.confirm(me, code_of(town), HOME)


def test_a_code_has_five_tries_and_a_quarter_of_an_hour(town: Town) -> None:
    me = town.settle("Vera Leka", CODE, is_confirmed=False)
    town.phones.send_code(me)
    for _ in range(5):
        with pytest.raises(CodeRefused):
            town.phones.confirm(me, "000000x", HOME)
    with pytest.raises(CodeRefused):
        town.phones.confirm(me, code_of(town), HOME)
    town.phones.send_code(me)
    with town.database.write() as connection:
        connection.execute(phone_check.update().values(expires_at=town.clock.now))
    with pytest.raises(CodeRefused):
        town.phones.confirm(me, code_of(town), HOME)


def test_a_number_belongs_to_who_showed_it_last(town: Town) -> None:
    before = town.settle("Vera Leka", CODE)
    now = town.settle("Kaer Leav", OTHER, is_confirmed=False)  # the same letters: the same number
    assert before.account.phone == now.account.phone
    town.phones.send_code(now)
    town.phones.confirm(now, code_of(town), HOME)
    owner = town.phones.find_owner(now.account.phone)
    assert owner is not None and owner.id == now.account.id
    assert not town.accounts.profiles.get(before.account.id).phone_is_confirmed
    with town.database.read() as connection:
        query = select(message).where(message.c.kind == "phone confirmed elsewhere")
        told = connection.execute(query).one()
    assert told.recipient == before.account.email
    assert before.account.phone not in json.dumps(told.body)


def test_a_changed_number_is_to_be_confirmed_anew(town: Town) -> None:
    me = town.settle("Vera Leka", CODE)
    town.accounts.profiles.change_phone(
        me, password="dritare77", phone="+355691111111", visitor=HOME
    )
    assert not town.accounts.profiles.get(me.account.id).phone_is_confirmed
    assert town.phones.find_owner("+355691111111") is None
    assert town.phones.find_owner(me.account.phone) is None


def test_codes_cost_money_so_they_are_few(town: Town) -> None:
    me = town.settle("Vera Leka", CODE, is_confirmed=False)
    for _ in range(5):
        town.phones.send_code(me)
    with pytest.raises(TooManyCodes):
        town.phones.send_code(me)
    same_number = town.settle("Kaer Leav", OTHER, is_confirmed=False)
    with pytest.raises(TooManyCodes):  # whoever asks for it
        town.phones.send_code(same_number)


def test_no_codes_to_dear_countries(town: Town) -> None:
    me = town.settle("Vera Leka", CODE, is_confirmed=False)
    town.accounts.profiles.change_phone(
        me, password="dritare77", phone="+8811234567890", visitor=HOME
    )
    me = town.accounts.find_signed_in(town.accounts.open_session(me.account, HOME).token) or me
    assert me.account.phone.startswith("+881")
    with pytest.raises(PhoneNotServed):
        town.phones.send_code(me)
