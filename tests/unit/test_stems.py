"""The forms of one word come out alike, and other words do not."""

import pytest

from app.content.stems import fold, stem, words_of

ALBANIAN = (
    "fatura faturë faturën faturës faturat faturave fature FATURA",
    "pagesa pagesë pagesën pagesës pagesat pagesave paguaj paguani paguar pagova paguhet paguhen",
    "kontratë kontrata kontratën kontratës kontratat kontratave kontrate",
    "afat afati afatin afatit afate afatet afateve",
    "çmim çmimi çmimin çmimit çmime çmimet çmimeve cmimi cmimet",
    "borxh borxhi borxhin borxhit borxhe borxhet",
    "delegat delegati delegatin delegatë delegatët delegatëve",
    "kartë karta kartën kartës kartat kartave",
    "llogari llogaria llogarinë llogarisë llogarive llogaritë",
    "pajisje pajisja pajisjen pajisjes pajisjet pajisjeve",
    "fjalëkalim fjalëkalimi fjalëkalimin fjalëkalimit fjalëkalime fjalëkalimet password",
    "ankesë ankesa ankesën ankesat ankesave ankese",
    "kërkesë kërkesa kërkesën kërkesat kërkesave",
    "kamatë kamata kamatën kamatat kamatave",
    "dëftesë dëftesa dëftesën dëftesat",
    "regjistrohem regjistrohuni regjistrimi regjistruar regjistrohu regjistroj regjistrimin",
    "harrova harruar harroj harrua harruat",
    "ndryshoj ndryshoni ndryshuar ndryshimi ndryshim ndryshimet",
    "adresë adresa adresën",
    "gjuhë gjuha gjuhën gjuhës gjuhët",
    "tarifë tarifa tarifat tarifën tarifave",
    "shërbim shërbimi shërbimin shërbimet",
    "telefon telefoni telefonin telefonit",
    "detyrim detyrimi detyrimin detyrimet detyrime",
    "biznes biznesi biznesin biznesit biznese",
    "numër numri numrin numrit",
    "energji energjia energjinë energjisë drita dritat",
    "bankë banka bankën bankës bankat bankave",
    "lidhje lidhja lidhjen lidhjet",
    "dokument dokumenti dokumentin dokumente dokumentet",
    "anuloj anulova anulim anulimi anulohet",
    "mbyll mbyllja mbylljen",
    "konsum konsumi konsumin konsumit",
)
ENGLISH = (
    "invoice invoices bill bills",
    "payment payments pay pays paid paying",
    "contract contracts",
    "register registered registering registration",
    "password passwords",
    "forget forgot forgotten",
    "receipt receipts",
    "company companies",
    "close closes closed closing",
    "language languages",
    "tariff tariffs price prices",
    "remove removed removing",
    "change changes changed changing",
    "sign signed signing",
    "device devices",
)


@pytest.mark.parametrize(
    ("language", "forms"),
    [("sq", forms) for forms in ALBANIAN] + [("en", forms) for forms in ENGLISH],
)
def test_the_forms_of_a_word_come_out_alike(language: str, forms: str) -> None:
    assert len({stem(fold(form), language) for form in forms.split()}) == 1


@pytest.mark.parametrize(("language", "groups"), [("sq", ALBANIAN), ("en", ENGLISH)])
def test_other_words_come_out_otherwise(language: str, groups: tuple[str, ...]) -> None:
    stems = [stem(fold(forms.split()[0]), language) for forms in groups]
    assert len(set(stems)) == len(stems)


def test_folding_forgives_marks_and_case() -> None:
    assert fold("ÇMIMI i Energjisë") == "cmimi i energjise"
    assert fold("e\u0308") == "e"  # as some keyboards write ë: two characters


def test_words_that_say_nothing_are_left_out() -> None:
    assert words_of("Si mund ta paguaj faturën time?", "sq") == ["paguaj", "faturen"]
    assert words_of("How can I pay my invoice?", "en") == ["pay", "invoice"]
