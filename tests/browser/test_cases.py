"""A complaint from both sides, in a real browser: filed, asked for more, answered, followed."""

import os
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.test_accessibility import findings
from tests.browser.test_staff import fill
from tests.documents import pdf, picture

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
CODE = "AL0000000"
NEW = f"/contracts/{CODE}/cases/new"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a customer has on the phone."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "karta.jpg").write_bytes(picture(size=(800, 500)))
    (folder / "fatura.pdf").write_bytes(pdf("Fatura"))
    (folder / "kontrata.pdf").write_bytes(pdf("Kontrata"))
    (folder / "program.pdf").write_bytes(b"MZ this is no PDF")
    return folder


def send_f2(page: Any, files: Path) -> str:
    """Fills the complaint in as people do, and gives its number."""
    page.goto(NEW)
    page.get_by_label("Lloji").select_option(label="Ankesë për Faturim")
    page.get_by_label("Kërkesa", exact=True).select_option("F2")
    page.get_by_label("Fatura", exact=True).select_option("123456789")
    page.get_by_label("Familjar").check()
    page.get_by_label("Shënime nga abonenti").fill("Tarifa nuk është e imja.")
    for name, file in (("Dokument identifikimi", "karta.jpg"), ("Kopje e faturës", "fatura.pdf")):
        page.get_by_label(name, exact=True).set_input_files(files / file)
        expect(page.locator("#documents")).to_contain_text(file)
    expect(page.locator("#checklist")).not_to_contain_text("ende mungon")
    page.get_by_role("button", name="DËRGO").click()
    panel = page.locator("#filed")
    expect(panel).to_contain_text("Numri i saj është")
    button = page.get_by_role("button", name="DËRGO")
    above, below = panel.bounding_box(), button.bounding_box()
    assert above["y"] + above["height"] <= below["y"]
    return str(panel.locator(".code").inner_text())


def staff_page(visit: Any, name: str) -> Any:
    visitor = visit(**DESK)
    fill(visitor.page, name)
    visitor.page.get_by_role("button", name="Hyr").click()
    visitor.page.wait_for_url("**/staff")
    return visitor.page


def step(page: Any, number: str, state: str, note: str, tick: str = "") -> None:
    """What a clerk does with a case."""
    page.goto(f"/staff/cases/{number}")
    page.locator(f'input[name=to][value="{state}"]').check()
    if tick:
        page.get_by_label(tick, exact=True).check()
    page.locator("textarea[name=note]").fill(note)
    page.get_by_role("button", name="Ruaj").click()
    expect(page.get_by_role("status").first).to_be_visible()


def test_a_complaint_from_the_form_to_the_answer(visit: Any, mails: Any, files: Path) -> None:
    visitor = visit(**PHONE)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    number = send_f2(page, files)
    assert number.startswith("F2") and len(number) == 11
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert number in mails("E morëm kërkesën tuaj").get_body(("plain",)).get_content()

    clerk = staff_page(visit, "agjent")
    clerk.get_by_role("link", name="Kërkesat").first.click()
    clerk.get_by_role("link", name=number).click()
    expect(clerk.get_by_role("main")).to_contain_text("Tarifa nuk është e imja.")
    with clerk.expect_download() as saved:
        clerk.get_by_role("link", name="karta.jpg").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"\xff\xd8")
    step(clerk, number, "waiting information", "Na duhet kontrata e nënshkruar.")
    asked = mails("Na duhet edhe diçka për kërkesën tuaj")
    assert "kontrata e nënshkruar" in asked.get_body(("plain",)).get_content()

    page.goto(f"/cases/{number}")
    expect(page.get_by_role("main")).to_contain_text("afati është ndalur")
    expect(page.get_by_role("main")).to_contain_text("Na duhet kontrata e nënshkruar.")
    page.get_by_label("Çdo dokument tjetër").set_input_files(files / "kontrata.pdf")
    expect(page.locator("#documents")).to_contain_text("kontrata.pdf")
    page.get_by_label("Përgjigjja juaj").fill("E shtova.")
    page.get_by_role("button", name="I dërgova ato që kërkuat").click()
    expect(page.get_by_role("main")).to_contain_text("Në Proces")
    expect(page.get_by_role("main")).to_contain_text("përgjigje deri më")

    step(clerk, number, "done", "Tarifa u ndryshua; fatura e re vjen javën tjetër.")
    answered = mails("Kërkesa juaj mori përgjigje")
    assert "Emer" not in str(answered["Subject"]) and number not in str(answered["Subject"])
    page.goto(f"/cases/{number}")
    page.get_by_role("link", name="Historiku").click()
    for words in (
        "U regjistrua",
        "Në Pritje Të Informacionit",
        "Na duhet kontrata e nënshkruar.",
        "kontrata.pdf",
        "E shtova.",
        "E Përfunduar",
        "Tarifa u ndryshua",
    ):
        expect(page.locator(".timeline")).to_contain_text(words)
    for address in (f"/cases/{number}", f"/cases/{number}/history", f"/contracts/{CODE}/cases"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address


def test_a_bad_file_is_told_at_its_place_and_nothing_is_lost(visit: Any, files: Path) -> None:
    visitor = visit(**DESK)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto(f"{NEW}?request=F2")
    page.get_by_label("Shënime nga abonenti").fill("Kjo mbetet.")
    page.get_by_label("Dokument identifikimi").set_input_files(files / "program.pdf")
    place = page.locator('[data-place="identity"]')
    expect(place.locator(".error")).to_contain_text("program.pdf")
    expect(page.get_by_label("Shënime nga abonenti")).to_have_value("Kjo mbetet.")
    page.get_by_label("Dokument identifikimi").set_input_files(files / "karta.jpg")
    expect(place).to_contain_text("karta.jpg")
    place.get_by_role("button", name="Hiq").click()
    expect(place).not_to_contain_text("karta.jpg")
    expect(page.get_by_label("Shënime nga abonenti")).to_have_value("Kjo mbetet.")


def test_a_session_lost_while_typing_loses_nothing(visit: Any, files: Path) -> None:
    visitor = visit(**PHONE)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto(f"{NEW}?request=F2")
    page.get_by_label("Familjar").check()
    page.get_by_label("Shënime nga abonenti").fill("E shkruar para se të dilja.")
    visitor.context.clear_cookies(name="selfcare_session")
    page.get_by_role("button", name="DËRGO").click()
    page.wait_for_url(re.compile("/login"))
    page.fill("#user_name", "Emer Mbiemer")
    page.fill("#password", "Provo2024")
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile("/cases/new"))
    note = page.get_by_label("Shënime nga abonenti")
    expect(note).to_have_value("E shkruar para se të dilja.")
    expect(page.get_by_label("Familjar")).to_be_checked()
    page.goto(f"/contracts/{CODE}/cases")
    page.get_by_text("Fshije", exact=True).first.click()
    page.get_by_role("button", name="Fshije përgjithmonë").first.click()


def test_without_javascript(visit: Any, files: Path) -> None:
    visitor = visit(java_script_enabled=False, **PHONE)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto(NEW)
    page.get_by_label("Kërkesa", exact=True).select_option("F2")
    page.get_by_role("button", name="Shfaq fushat e saj").click()
    page.get_by_label("Fatura", exact=True).select_option("123456789")
    page.get_by_label("Familjar").check()
    page.get_by_label("Dokument identifikimi").set_input_files(files / "karta.jpg")
    page.get_by_role("button", name="Shto skedarët e zgjedhur").click()
    expect(page.locator("#documents")).to_contain_text("karta.jpg")
    page.get_by_label("Kopje e faturës").set_input_files(files / "fatura.pdf")
    page.get_by_role("button", name="DËRGO").click()
    expect(page.locator("#filed")).to_contain_text("F20000000")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(visit: Any, files: Path, scheme: str) -> None:
    found = []
    for size in (PHONE, DESK):
        visitor = visit(color_scheme=scheme, **size)
        visitor.sign_in("Emer Mbiemer")
        page = visitor.page
        page.goto(f"{NEW}?request=F2")
        found += findings(page)
        page.get_by_role("button", name="DËRGO").click()
        expect(page.get_by_role("alert")).to_be_focused()
        found += findings(page)
        number = send_f2(page, files)
        found += findings(page)
        for address in (f"/contracts/{CODE}/cases", f"/cases/{number}", f"/cases/{number}/history"):
            page.goto(address)
            found += findings(page)
    assert found == []


def test_who_types_is_heard_now_and_then(visit: Any) -> None:
    visitor = visit(**DESK)
    visitor.sign_in("Emer Mbiemer")
    page, asked = visitor.page, []
    page.on("request", lambda request: asked.append(request.url.endswith("/account/awake")))
    page.clock.install()
    page.goto("/account/contact")
    field = page.locator(
        "main input[type=text], main input[type=tel], main input[type=email]"
    ).first
    field.press_sequentially("1")
    page.clock.fast_forward("10:00")
    assert not any(asked), "a page that is only open tells nothing"
    with page.expect_request("**/account/awake"):
        field.press_sequentially("2")
    field.press_sequentially("345")
    page.clock.fast_forward("04:00")
    field.press_sequentially("6")
    assert sum(asked) == 1


def test_another_kind_keeps_what_was_typed(visit: Any) -> None:
    visitor = visit(**DESK)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto(f"{NEW}?request=F2")
    note = page.get_by_label("Shënime nga abonenti")
    note.fill("Kjo mbetet.")
    page.get_by_label("Lloji").select_option(label="Ankesa lidhur me Matësin")
    expect(note).to_have_value("Kjo mbetet.")
    page.get_by_label("Kërkesa", exact=True).select_option("M1")
    page.wait_for_url("**request=M1**")
    expect(note).to_have_value("Kjo mbetet.")


def test_files_that_are_too_large_are_told_and_others_go_one_by_one(
    visit: Any, tmp_path: Path
) -> None:
    """Four of nine megabytes are more than one request may hold."""
    visitor = visit(**PHONE)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto(f"{NEW}?request=F2")
    note = page.get_by_label("Shënime nga abonenti")
    note.fill("Kjo mbetet.")
    (tmp_path / "video.pdf").write_bytes(b"x" * 11 * 1024 * 1024)
    several = [tmp_path / f"foto{n}.pdf" for n in range(4)]
    for file in several:
        file.write_bytes(b"x" * 9 * 1024 * 1024)
    place = page.locator('[data-place="identity"]')
    page.get_by_label("Dokument identifikimi").set_input_files([tmp_path / "video.pdf", *several])
    expect(place.locator(".error")).to_contain_text("video.pdf: Ky skedar është shumë i madh")
    for file in several:  # each was looked into, and is none
        expect(place.locator(".error")).to_contain_text(file.name)
    expect(note).to_have_value("Kjo mbetet.")
    assert "tepër e madhe" not in page.get_by_role("heading", level=1).inner_text()


def test_what_is_pressed_while_a_file_is_on_its_way_waits_for_it(
    visit: Any, tmp_path: Path
) -> None:
    visitor = visit(**DESK)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto(f"{NEW}?request=F2")
    page.get_by_label("Fatura", exact=True).select_option("123456789")
    page.get_by_label("Familjar").check()
    (tmp_path / "fatura.pdf").write_bytes(pdf("Fatura"))
    (tmp_path / "karta.jpg").write_bytes(noise())
    page.get_by_label("Kopje e faturës").set_input_files(tmp_path / "fatura.pdf")
    expect(page.locator("#documents")).to_contain_text("fatura.pdf")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    visitor.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.get_by_label("Dokument identifikimi").set_input_files(tmp_path / "karta.jpg")
    page.get_by_role("button", name="DËRGO").click()
    number = page.locator("#filed .code").inner_text()
    page.goto(f"/cases/{number}")
    expect(page.locator("#documents .files a")).to_have_count(2)


def noise() -> bytes:
    """A photo that takes a while to send."""
    written = BytesIO()
    Image.frombytes("RGB", (700, 500), os.urandom(700 * 500 * 3)).save(written, "JPEG", quality=95)
    return written.getvalue()


def test_nothing_typed_on_a_case_is_lost_beside_the_button(visit: Any, files: Path) -> None:
    visitor = visit(**PHONE)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    number = send_f2(page, files)
    clerk = staff_page(visit, "agjent")
    clerk.goto(f"/staff/cases/{number}")
    clerk.locator("textarea[name=note]").fill("Për klientin.")
    clerk.locator("textarea[name=remark]").fill("Për kolegët.")
    clerk.get_by_role("button", name="Merre").click()
    expect(clerk.locator("textarea[name=note]")).to_have_value("Për klientin.")
    clerk.get_by_label("Skedari").set_input_files(files / "kontrata.pdf")
    clerk.get_by_role("button", name="Shtoje").click()
    expect(clerk.get_by_role("main")).to_contain_text("kontrata.pdf")
    expect(clerk.locator("textarea[name=remark]")).to_have_value("Për kolegët.")
    assert findings(clerk) == []
    step(clerk, number, "waiting information", "Dhe diçka.", tick="Ekstrakt historik i QKB-së")

    page.goto(f"/cases/{number}")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    answer, note = page.get_by_label("Përgjigjja juaj"), page.get_by_label("Shënime nga abonenti")
    answer.fill("Ja ekstrakti.")
    note.fill("Shënim i ri.")
    page.get_by_label("Ekstrakt historik i QKB-së").set_input_files(files / "kontrata.pdf")
    expect(page.locator("#documents a").first).to_have_text("kontrata.pdf")
    expect(answer).to_have_value("Ja ekstrakti.")
    expect(note).to_have_value("Shënim i ri.")
    page.get_by_role("button", name="Ruaj ndryshimet").click()
    expect(page.get_by_role("status").first).to_contain_text("u ruajtën")
    expect(answer).to_have_value("Ja ekstrakti.")
    note.fill("Edhe më i ri.")
    page.get_by_role("button", name="I dërgova ato që kërkuat").click()
    expect(page.get_by_role("main")).to_contain_text("Edhe më i ri.")
    expect(page.get_by_role("main")).to_contain_text("Në Proces")


def test_a_file_sent_after_the_session_ended_comes_along(visit: Any, files: Path) -> None:
    visitor = visit(**DESK)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto(f"{NEW}?request=F2")
    page.get_by_label("Shënime nga abonenti").fill("Kjo mbetet.")
    visitor.context.clear_cookies(name="selfcare_session")
    page.get_by_label("Dokument identifikimi").set_input_files(files / "karta.jpg")
    page.wait_for_url(re.compile("/login"))
    page.fill("#user_name", "Emer Mbiemer")
    page.fill("#password", "Provo2024")
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile("/cases/new"))
    expect(page.get_by_label("Shënime nga abonenti")).to_have_value("Kjo mbetet.")
    expect(page.locator("#documents .files li")).to_have_count(1)


def test_a_file_that_did_not_get_through_is_told_beside_its_field(visit: Any, files: Path) -> None:
    visitor = visit(**DESK)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto(f"{NEW}?request=F2")
    page.get_by_label("Shënime nga abonenti").fill("Kjo mbetet.")
    place = page.locator('[data-place="identity"]')
    for answer in (lambda route: route.abort(), lambda route: route.fulfill(status=413, body="")):
        page.route("**/cases/new", answer)
        page.get_by_label("Dokument identifikimi").set_input_files(files / "karta.jpg")
        expect(place.locator(".error")).to_have_text(
            "karta.jpg: Ky skedar nuk u dërgua dot. Ju lutemi zgjidheni sërish."
        )
        expect(page.get_by_label("Shënime nga abonenti")).to_have_value("Kjo mbetet.")
        page.unroute("**/cases/new")
    page.get_by_label("Dokument identifikimi").set_input_files(files / "karta.jpg")
    expect(place.locator(".files")).to_contain_text("karta.jpg")
    expect(place.locator(".error")).to_have_count(0)


def test_an_answer_stays_on_the_page_after_the_session_ended(visit: Any, files: Path) -> None:
    clerk = staff_page(visit, "agjent")
    visitor = visit(**DESK)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    number = send_f2(page, files)
    step(clerk, number, "waiting information", "Na duhet diçka.")
    page.clock.install()
    page.goto(f"/cases/{number}")
    answer = page.get_by_label("Përgjigjja juaj")
    answer.fill("E gjatë dhe e lodhshme.")
    page.clock.fast_forward("59:00")  # somebody has lunch
    visitor.context.clear_cookies(name="selfcare_session")
    button = page.get_by_role("button", name="I dërgova ato që kërkuat")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("Seanca juaj u mbyll")
    with visitor.context.expect_page() as opened:
        page.get_by_role("alert").get_by_role("link", name="Hyr").click()
    door = opened.value
    door.fill("#user_name", "Emer Mbiemer")
    door.fill("#password", "Provo2024")
    door.click("main button[type=submit]")
    door.wait_for_url("**/contracts")
    expect(answer).to_have_value("E gjatë dhe e lodhshme.")
    button.click()  # the token of the old session: told so, with all that was typed
    expect(page.get_by_role("alert")).to_contain_text("qëndroi hapur për një kohë të gjatë")
    expect(answer).to_have_value("E gjatë dhe e lodhshme.")
    button.click()
    expect(page.get_by_role("main")).to_contain_text("Në Proces")
