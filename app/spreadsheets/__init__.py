"""Rows as files for spreadsheets, which take some texts for formulas and run them."""

from app.spreadsheets.columns import Column, Kind, Row
from app.spreadsheets.csv_file import csv_pieces
from app.spreadsheets.xlsx_file import Sheet, write_xlsx

__all__ = ["Column", "Kind", "Row", "Sheet", "csv_pieces", "write_xlsx"]
