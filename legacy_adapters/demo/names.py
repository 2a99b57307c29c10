"""Common Albanian names, streets and places, from which the demo's customers are made."""

FIRST_NAMES = (
    *("AGIM", "ALBANA", "ALTIN", "ANA", "ARBEN", "ARDIT", "BESNIK", "BLERTA", "BUJAR", "DRITA"),
    *("EDMOND", "ELIRA", "ENVER", "ERJON", "FATMIR", "FLUTURA", "GËZIM", "GENTI", "ILIR", "IRENA"),
    *("KLEA", "LINDITA", "LULZIM", "MIMOZA", "MIRELA", "NDRIÇIM", "PETRIT", "QEMAL", "SHPRESA"),
    *("SKËNDER", "SOKOL", "TEUTA", "VALBONA", "VJOLLCA", "XHEVDET", "ZAMIR", "ÇLIRIM", "ËNGJËLL"),
)
SURNAMES = (
    *("ALIAJ", "BEQIRI", "BRAHIMI", "ÇELA", "DERVISHI", "DODA", "GJOKA", "GJONI", "HALILI", "HYSA"),
    *(
        "ISMAILI",
        "KAPAJ",
        "KOLA",
        "KRASNIQI",
        "LLESHI",
        "MARKU",
        "META",
        "MUÇA",
        "MUSTAFA",
        "NDOJA",
    ),
    *("OSMANI", "PRIFTI", "QOSJA", "RAMA", "SHEHU", "SINANI", "TAFA", "TOSKA", "VATA", "ZENELI"),
)
STREETS = (
    *("RRUGA E DURRËSIT", "RRUGA E KAVAJËS", "RRUGA MYSLYM SHYRI", "RRUGA SAMI FRASHËRI"),
    *("RRUGA E ELBASANIT", "RRUGA 28 NËNTORI", "BULEVARDI ZOGU I", "RRUGA NAIM FRASHËRI"),
    *("RRUGA E DIBRËS", "LAGJJA 5 MAJI", "RRUGA ISMAIL QEMALI", "LAGJJA SKËNDERBEJ"),
)
# code, name, zones with their offices
REGIONS = (
    ("TR", "TIRANA", (("AL1", "TIRANA"), ("AL2", "TIRANA"), ("AL3", "KAMËZ"))),
    ("DR", "DURRËS", (("DR1", "DURRËS"), ("DR2", "KRUJË"))),
    ("EL", "ELBASAN", (("EL1", "ELBASAN"), ("EL2", "LIBRAZHD"))),
    ("SH", "SHKODËR", (("SH1", "SHKODËR"),)),
    ("VL", "VLORË", (("VL1", "VLORË"), ("VL2", "SARANDË"))),
    ("KO", "KORÇË", (("KO1", "KORÇË"),)),
)
CHANNELS = (
    ("EPY", "KANALE MM-EASYPAY"),
    ("RZB", "BANKA-RAIFFESEN"),
    ("BKT", "BANKA-BKT"),
    ("POS", "POSTA SHQIPTARE"),
    ("ARK", "ARKA E NJËSISË"),
)
PORTAL_CHANNEL = ("POR", "PORTALI")  # what is paid here; no generated payment came by it
