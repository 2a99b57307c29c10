"""Words as a search compares them: without case and marks, and without what inflection adds.

A light stemmer of our own, because no library at hand knows Albanian: it takes off the longest
ending from a list, as long as enough of the word is left. It need not find true stems; the forms
of one word have to come out alike, and other words not (tests/unit/test_stems.py).
"""

import re
import unicodedata
from functools import lru_cache

WORD = re.compile(r"[^\W_]+")
WORDS_AND_ENTITIES = re.compile(r"&\w+;|&#\w+;|[^\W_]+")
SHORTEST_STEM = 3

# Folded: ë is e, ç is c.
ALBANIAN_ENDINGS = (
    # nouns: one and many, with and without article, in all cases
    *("i", "e", "a", "u", "ja", "je", "in", "un", "en", "it", "es", "et", "at", "ne"),
    *("jen", "jes", "jet", "jeve", "eve", "ave", "ve", "ish", "esh", "ash"),
    *("ia", "ine", "ise", "ite", "ive", "ies", "ien"),
    # nouns made of verbs: regjistrimi, ndryshimi
    *("im", "imi", "imin", "imit", "ime", "imet", "imeve"),
    # verbs: paguaj, paguani, paguar, pagova, paguhet, regjistrohem, ndryshoni
    *("oj", "on", "oni", "ojme", "ojne", "uaj", "uan", "uani", "uajme", "uajne", "uar"),
    *("ohem", "ohet", "ohemi", "ohen", "ohuni", "ohu", "uhet", "uhen", "uhem", "uhuni"),
    *("ova", "ove", "oi", "uam", "uat", "uan", "ua", "oja", "onte", "ofte", "ar", "ara"),
)
# What can still stand there, and is an ending in other words: delegat-i, pages-a, telefon-i.
ALBANIAN_RESTS = ("at", "es", "on")

ENGLISH_ENDINGS = ("s", "es", "ing", "ed", "e", "ment", "ments", "ation", "ations")
ENGLISH_FORMS = {
    **dict.fromkeys(("paid", "pays"), "pay"),
    **dict.fromkeys(("forgot", "forgotten", "forgetting"), "forget"),
    **dict.fromkeys(("registration", "registrations"), "register"),
    **dict.fromkeys(("lost", "losing"), "lose"),
    **dict.fromkeys(("shown",), "show"),
}

# Words that say nothing of what is asked.
_ALBANIAN_FILL = """
a ai ajo apo as asnje cfare cili cila cilat cilen deri dhe do duhet duke e edhe eshte i ishte ja je
jam jane jap jo ju juaj juaja jua kam kane ke kemi keni ketu kjo kete ky ku kur me mua mund nderkohe
ne nese nga nje nuk o ose pa par pasi per pse qe s sa se si sic t ta te tek ti tim time tuaj tuaja u
une yt vetem
"""
_ENGLISH_FILL = """
a about am an and are at be been by can do does for from have how i if in is it me my not of on or
our shall so that the there this to was we what when where which who why will with you your
"""
ALBANIAN_FILL = frozenset(_ALBANIAN_FILL.split())
ENGLISH_FILL = frozenset(_ENGLISH_FILL.split())
# What customers call things -> what the portal calls them.
ALBANIAN_OTHER_WORDS = {
    **dict.fromkeys(("email", "emaili", "emailin", "emailit", "mejl", "mejli"), "mail"),
    "bolete": "fature",
    "bolleta": "fature",
    "bollete": "fature",
    "drita": "energji",
    "dritat": "energji",
    "drite": "energji",
    "kuponi": "deftese",
    "kupon": "deftese",
    "login": "identifikim",
    "logohem": "identifikohem",
    "pasword": "fjalekalim",
    "passwordi": "fjalekalim",
    "password": "fjalekalim",
    "paswordi": "fjalekalim",
}
ENGLISH_OTHER_WORDS = {
    "bill": "invoice",
    "bills": "invoice",
    "email": "mail",
    "emails": "mail",
    "log": "sign",
    "login": "sign",
    "logon": "sign",
    "price": "tariff",
    "prices": "tariff",
}


def fold(text: str) -> str:
    """Without case and marks above or below letters."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))


def words_of(text: str, language: str) -> list[str]:
    """The folded words that mean something."""
    found = [fold(word) for word in WORD.findall(unicodedata.normalize("NFC", text))]
    return [word for word in found if not is_fill(word, language)]


def is_fill(word: str, language: str) -> bool:
    """word: folded."""
    return word in (ALBANIAN_FILL if language == "sq" else ENGLISH_FILL)


@lru_cache(8_192)
def stem(word: str, language: str) -> str:
    """word: folded."""
    if language == "sq":
        return _stem_albanian(ALBANIAN_OTHER_WORDS.get(word, word))
    return _stem_english(ENGLISH_OTHER_WORDS.get(word, word))


def _stem_albanian(word: str) -> str:
    found = _without_ending(_without_ending(word, _ALBANIAN), ALBANIAN_RESTS)
    # The last vowel goes when there are more: numër, numri.
    is_short = found.endswith("er") and len(found) > SHORTEST_STEM
    return found.removesuffix("er") + "r" if is_short else found


def _stem_english(word: str) -> str:
    word = ENGLISH_FORMS.get(word, word)
    if word.endswith("ies"):
        return word.removesuffix("ies") + "y"
    found = _without_ending(word, _ENGLISH)
    has_double = len(found) > SHORTEST_STEM and found[-1] == found[-2] and found[-1] not in "ls"
    return found[:-1] if has_double else found


def _without_ending(word: str, endings: tuple[str, ...]) -> str:
    return next(
        (
            word.removesuffix(ending)
            for ending in endings
            if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM
        ),
        word,
    )


def _longest_first(endings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(endings), key=len, reverse=True))


_ALBANIAN = _longest_first(ALBANIAN_ENDINGS)
_ENGLISH = _longest_first(ENGLISH_ENDINGS)
