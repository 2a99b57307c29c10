CREATE TABLE clienti (
    id_cliente INTEGER PRIMARY KEY, cognome VARCHAR(60), nome VARCHAR(60), cod_fiscale CHAR(16),
    telefono VARCHAR(20)
);
CREATE TABLE comuni (istat CHAR(6) PRIMARY KEY, descrizione VARCHAR(60));
CREATE TABLE forniture (
    cod_fornitura VARCHAR(14) PRIMARY KEY, id_cliente INTEGER REFERENCES clienti (id_cliente),
    indirizzo VARCHAR(120), istat CHAR(6) REFERENCES comuni (istat), pot_imp NUMERIC(8, 2),
    data_att DATE, matr_contatore VARCHAR(20), cessata CHAR(1)
);
CREATE TABLE bollette (
    num_bolletta VARCHAR(16) PRIMARY KEY,
    cod_fornitura VARCHAR(14) REFERENCES forniture (cod_fornitura), anno_rif INTEGER,
    mese_rif INTEGER, data_emissione VARCHAR(10), data_scadenza VARCHAR(10), consumo_kwh INTEGER,
    imponibile NUMERIC(12, 2), iva NUMERIC(12, 2), canone_tv NUMERIC(12, 2),
    interessi_mora NUMERIC(12, 2), residuo NUMERIC(12, 2), stato VARCHAR(10)
);
CREATE TABLE incassi (
    prog INTEGER PRIMARY KEY, num_bolletta VARCHAR(16) REFERENCES bollette (num_bolletta),
    data_incasso VARCHAR(10), importo NUMERIC(12, 2), modalita VARCHAR(12), sportello VARCHAR(30)
);
