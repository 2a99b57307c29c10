"""What billing schemas call things, as data: Albanian, English, Italian and Turkish words and
the short forms that old schemas make of them.

A word ending in * is the beginning of one; others are whole.
"""

CONCEPTS: dict[str, str] = {
    "contract": "kontrat* kontr ktr knt contract* contratt* sozlesme* szl agreement*"
    " supply furnizim*",
    "customer": "abonent* abn abone* subscriber* customer* cust client* klient* konsumator*"
    " musteri* utent* holder mbajtes*",
    "invoice": "fatur* fat ftr invoic* inv bill* bll fattur*",
    "payment": "pages* pag paym* payment* pay receipt* rcpt tahsilat* thsl pagament* odeme*"
    " incass* arketim* arket* collection*",
    "line": "rresht* rsht line* rig* satir* detail* detaj* dettagl* kalem* item* zer*",
    "code": "kod* code* cod kd codice",
    "number": "nr no num* number* numer* nbr numara*",
    "id": "id ids",
    "name": "emer* emr* emri name* nm nome ad adi unvan* pershkrim* description denomin* titull*",
    "first": "first fname emri given",
    "last": "last surname lname mbiem* soyad* cognom* family",
    "address": "adres* address* addr indirizz* vendndodh*",
    "street": "street* rruga rrug* sokak cadde via",
    "house": "house ndertes* numero_civico kapi",
    "phone": "tel telefon* phone* mobile* landline* cel* gsm msisdn",
    "mobile": "mobile* cel* gsm",
    "taxid": "nipt nuis tin vkn tckn piva vergi* fiskal*",
    "region": "rajon* raj region* bolge* qark* district* province* provinc*",
    "office": "instanc* office* agjenci* zyr* sede sube* branch* ofis*",
    "connected": "lidhj* lidh lidhur connect* since allacc* baglan* energized",
    "start": "start* bas baslangic* fillim* inizio begin*",
    "zone": "zon*",
    "category": "kategor* kat categor* kind* segment* klas* class* tip tipi type*",
    "tariff": "tarif* trf",
    "phase": "faz* phase* fas fasi",
    "power": "fuqi* power* watt* guc potenz* kw kva",
    "watts": "watt*",
    "agreed": "agreed kontraktuar nominal* contracted",
    "status": "status* statu* stat sts state* stato gjendj* gjnd durum* drm",
    "period": "period* periud* yyyymm donem* competenz*",
    "year": "vit viti year* yr yil yili anno",
    "month": "muaj* month* mth ay mese",
    "date": "dt date* dat data dita day* tarih* tar giorno ts",
    "issue": "leshim* leshuar lesh issu* emiss* emess* kesim* tanzim* duzenle* emetim* printed",
    "due": "afat* due vade* scad* maturity deadline skadenc* skad*",
    "kwh": "kwh",
    "units": "units unit_kwh konsum* consum* energji* energy tuketim* sarfiyat",
    "principal": "principal* kryesor*",
    "total": "total* toplam* totale gross lordo brut*",
    "amount": "vl vler* shum* amount* amt tutar* import* valor* value* minor cents qindar* kurus*",
    "minor": "minor cent cents qindar* kurus*",
    "net": "neto net netto imponibil* matrah* patvsh",
    "vat": "tvsh vat kdv iva",
    "with": "me with con incl* dahil",
    "without": "pa without senza excl* haric",
    "tv": "tv rtsh trt televiz*",
    "interest": "kamat* interes* interest* faiz* gecikme* penal* mora kamv",
    "paid": "paguar paguara paid odenen* pagat* settled_amount",
    "outstanding": "mbetur* detyrim* outstanding balance* bakiye* kalan* residu* debt* borc* owed",
    "from": "nga from dal",
    "to": "deri to until al",
    "end": "end bit bitis mbarim* fine",
    "meter": "mates* matesi meter* sayac* contator* mtr",
    "reading": "lex lexim* read* reading* endeks* letur* lettur* okuma*",
    "before": "para prev* previous old vjeter* mepar* eski prec* a start ilk before",
    "after": "pas curr* current new b yeni attual* son after",
    "nslf": "nslf iic",
    "nivf": "nivf fic",
    "eic": "eic",
    "verification": "url qr verif* link",
    "position": "pozicion* position* pos sira seq*",
    "quantity": "sasi* qty quant* miktar* qta",
    "unit": "njesi* unit uom birim*",
    "price": "cmim* price* fiyat* prezz*",
    "rate": "norm* rate oran* perqind* percent* aliquot*",
    "method": "men menyr* method* how mode modal* yontem*",
    "channel": "kanal* kan channel* source* src whence burim* canal* bank* pik*",
    "cancelled": "anul* void* cancel* storn* revers* iptal* fshir* delet* annul* silindi",
    "generic": "text txt str val fld tbl tab t v vw",
}
# Say nothing about what a column is for, so they cost it nothing.
PALE = frozenset({"code", "number", "id", "name", "date", "amount", "minor", "generic"})

# Of each relation: what its table is called, and what it is not called.
TABLES: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "contract": (
        ("contract", "customer"),
        frozenset({"invoice", "payment", "line", "status", "category"}),
    ),
    "invoice": (("invoice",), frozenset({"line", "payment", "status", "category"})),
    "invoice_line": (("line",), frozenset({"payment", "contract"})),
    "payment": (("payment",), frozenset({"line", "method", "channel", "category"})),
}

# Of each field: sets of concepts that name it, with how well they do. Code and special rules
# are in guesses.py: contract codes, sums, words.
FIELDS: dict[str, dict[str, dict[str, float]]] = {
    "contract": {
        "code": {
            **dict.fromkeys(("contract code", "contract number"), 6),
            **dict.fromkeys(("customer code", "customer number"), 4.5),
            "contract id": 4,
            "customer id": 3.5,
            "code": 2,
        },
        "subscriber": {"customer name": 6, "name": 5},
        "address": {"address": 6},
        "phone": {"phone": 6},
        "tax_id": {"taxid": 6, "vat number": 6},
    },
    "contract_info": {
        "region": {"region": 6, "region name": 7},
        "instance": {"office": 6, "office name": 6},
        "connected_on": {"connected": 6, "start date": 4},
        "zone": {"zone": 6},
        "category": {"category": 6, "category name": 7, "tariff": 4, "tariff name": 4.5},
        "phases": {"phase": 6},
        "connected_power": {"power connected": 7, "power": 5},
        "contracted_power": {"power contract": 7, "power agreed": 7},
    },
    "invoice": {
        "number": {"invoice number": 6, "invoice code": 5.5, "invoice id": 3.5, "number": 4},
        "status": {"status": 6, "paid": 3.6, "cancelled": 3.5},
        "period": {"period": 6},
        "issued_on": {"issue": 6, "invoice date": 4.5},
        "due_on": {"due": 6},
        "units": {"kwh": 6, "units": 5},
        "principal": {"principal": 6, "vat with": 6.5, "total": 5},
        "tv_fee": {"tv": 6},
        "interest": {"interest": 6},
        "outstanding": {"outstanding": 6},
        "net": {"net": 6, "vat without": 6.5},
        "vat": {"vat": 6},
        "billed_from": {"from": 6, "start date": 4, "before date": 3.5},
        "billed_to": {"to": 6, "end date": 4},
        "meter": {"meter": 6, "meter number": 6.5},
        "reading_before": {"reading before": 6},
        "reading_after": {"reading after": 6},
        "nslf": {"nslf": 6},
        "nivf": {"nivf": 6},
        "eic": {"eic": 6},
        "verification_url": {"verification": 6},
    },
    "invoice_line": {
        "position": {"line number": 6, "position": 6},
        "kind": {"line code": 6, "category": 5, "line": 4},
        "description": {"name": 5, "line name": 6},
        "quantity": {"quantity": 6},
        "unit": {"unit": 6},
        "unit_price": {"price": 6},
        "net": {"net": 6, "amount": 4.5},
        "vat_rate": {"vat rate": 6},
    },
    "payment": {
        "paid_on": {"payment date": 6, "date": 4.5},
        "amount": {"payment amount": 6, "amount": 5.5, "total": 4},
        "method": {"method": 6},
        "source": {"channel": 6, "channel name": 7},
    },
}
# A column that also names one of these is about something else, unless the field is named by it.
SHUNNED: dict[str, frozenset[str]] = {
    "subscriber": frozenset(
        {"region", "zone", "category", "channel", "tariff", "office", "first", "last", "meter"}
    ),
    "address": frozenset({"invoice"}),
    "number": frozenset({"contract", "customer", "meter", "payment"}),
    "code": frozenset({"tariff", "zone", "category", "region", "meter", "vat", "status"}),
    "issued_on": frozenset({"due", "from", "to", "reading"}),
    "paid_on": frozenset({"due", "issue"}),
    "amount": frozenset({"vat", "interest", "tv"}),
    "net": frozenset({"vat", "interest", "tv", "paid", "outstanding", "price", "total"}),
    "principal": frozenset({"vat", "interest", "tv", "paid", "net"}),
    "outstanding": frozenset({"before"}),
    "vat": frozenset({"with", "without"}),
    "units": frozenset({"price", "amount"}),
    "connected_power": frozenset({"agreed", "contract"}),
    "status": frozenset({"date"}),
    "from": frozenset({"reading"}),
    "tax_id": frozenset({"amount"}),
    "connected_on": frozenset({"power"}),
}

# What codes mean, in capitals and without signs; a beginning with *.
WORDS_OF_STATUS: dict[str, str] = {
    "paid": "P PAID PAGUAR EPAGUAR SETTLED* CLOSED C MBYLLUR LIKUJDUAR ODENDI KAPALI O"
    " PAGATA SALDATA",
    "cancelled": "A ANUL* VOID* CANCEL* CANC X IPTAL* STORNO* REVERS* ANNULL* FSHIRE DELETED I",
}
WORDS_OF_LINE: dict[str, str] = {
    "energy": "EN ENERGY ENERGJI* KWH ENERJI E",
    "fixed_fee": "TF FIX* FIKS* SABIT* FISS* TARIFE",
    "tv_fee": "TV RTSH TRT TAKSETV",
}
# A flag's no -> the yes that goes with it, in each language.
YES_FOR_NO: dict[str, tuple[str, ...]] = {
    "J": ("P",),
    "N": ("Y", "S"),
    "0": ("1",),
    "H": ("E",),
    "F": ("T",),
    "NO": ("YES", "SI"),
    "JO": ("PO",),
    "FALSE": ("TRUE",),
}
