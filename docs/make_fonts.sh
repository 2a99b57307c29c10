#!/bin/sh
# Makes the documents' fonts (app/invoices/fonts) anew, from a folder with those of DejaVu 2.37:
#
#     npm pack dejavu-fonts-ttf@2.37.3 && tar -xzf dejavu-fonts-ttf-2.37.3.tgz
#     python3 -m venv tools && tools/bin/pip install fonttools==4.50.0
#     PATH="$PWD/tools/bin:$PATH" docs/make_fonts.sh package
#
# Kept are alphabets whose letters stand one after the other from left to right, which is how
# documents set them: Latin, Greek, Cyrillic, Armenian, Georgian; punctuation, currencies, numbers,
# arrows, mathematical and geometric signs. Left out are instructions for coarse screens (edges move
# by a part of a pixel) and tables that PDFs have no use for: a quarter of the bytes to read.
set -eu
from=$(cd "$1" && pwd)
cd "$(dirname "$0")/../app/invoices/fonts"
(cd "$from" && sha256sum --check --quiet) <<'END'
7da195a74c55bef988d0d48f9508bd5d849425c1770dba5d7bfc6ce9ed848954  ttf/DejaVuSans.ttf
e6476c1b80502924294eed40894c5b18e06c181444ca953e5334262df9c27724  ttf/DejaVuSans-Bold.ttf
END
for name in DejaVuSans DejaVuSans-Bold; do
    pyftsubset "$from/ttf/$name.ttf" --output-file="$name.ttf" --no-hinting --no-glyph-names \
        --layout-features= --name-IDs=6 --notdef-outline --recalc-bounds \
        --drop-tables+=FFTM,GDEF,GPOS,GSUB,MATH,gasp,kern \
        --unicodes=20-7E,A0-2FF,370-58F,10A0-10FF,1E00-22FF,25A0-25FF,FB00-FB06,FFFD
done
cp "$from/LICENSE" .
