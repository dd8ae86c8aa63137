"""Sheets: records as lines of cells, in CSV, XLSX and JSON, out and back.

django-import-export and tablib write them. They are read here: tablib would read a bomb, takes its
columns from the first object of a JSON list, and refuses a line that is short.

A cell says what stands in a field of the record's form: a relation is the id, several are their ids
with commas in between, a time is RFC 3339, a duration ISO 8601. Nothing is an empty cell; null and
"" are both nothing, to a form as well, and only JSON shows which it is.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import isodate
import orjson
import tablib
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_datetime
from import_export.formats import base_formats

from spacedevs.opaque_json import OpaqueJSONField

SIZE = 5 * 2**20  # bytes of a file
UNPACKED = 20 * 2**20  # bytes of an XLSX, which is a zip
LINES = 10_000
COLUMNS = 200
LONGEST = 32_767  # characters that a cell of XLSX holds
WIDTH = 24  # characters of a column, as it is opened
LOOKED_AT = 4096  # characters, for what stands between cells

# What spreadsheets take for a formula gets an apostrophe in front, as has what would look so then.
FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
ESCAPED = re.compile(r"'+[=+\-@\t\r\n]")
BOOLEANS = {
    **dict.fromkeys(("true", "yes", "1"), "true"),
    **dict.fromkeys(("false", "no", "0"), "false"),
    "": "",
}


class Unreadable(Exception):
    """A sentence: why a file is no sheet, or a sheet can't be made."""


@dataclass
class Sheet:
    """`lines`: the number of each, as a spreadsheet counts them, and its cells by their columns."""

    columns: list[str]
    lines: list[tuple[int, dict[str, Any]]]


# Cells


def canonical(field: models.Field | None, value: Any) -> str:
    """The one text for a value of a field, as read from a cell or a row; "" is nothing.

    Raises:
        ValidationError: for what can be no value of the field. Most is left to its form.
    """
    if isinstance(field, OpaqueJSONField) and not isinstance(value, str):
        return "" if value in (None, []) else orjson.dumps(value).decode()
    if field is not None and field.many_to_many:
        keys = value if isinstance(value, list) else _text(value).split(",")
        return ", ".join(filter(None, (_text(key).strip() for key in keys)))
    if isinstance(field, models.DateTimeField):
        return _moment(value)
    if isinstance(field, models.DateField) and isinstance(value, datetime):
        value = value.date()  # a spreadsheet's own
    text = _text(value)
    if isinstance(field, models.BooleanField):
        if text.strip().lower() not in BOOLEANS:
            raise ValidationError("Write true or false.")
        return BOOLEANS[text.strip().lower()]
    return text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, timedelta):
        return str(isodate.duration_isoformat(value))
    if isinstance(value, date):  # and a time
        return value.isoformat()
    if isinstance(value, dict | list):
        raise ValidationError("One value is expected, and no list or object.")
    return str(value)


def _moment(value: Any) -> str:
    if value in (None, ""):
        return ""
    try:
        moment = value if isinstance(value, datetime) else parse_datetime(str(value).strip())
        if moment is None:
            raise ValueError
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValidationError("No time. Write it as in 2026-01-31T12:00:00Z.") from error
    return moment.isoformat().replace("+00:00", "Z")


def escaped(text: str) -> str:
    return f"'{text}" if FORMULA.match(text) else text


def unescaped(value: Any) -> Any:
    return value[1:] if isinstance(value, str) and ESCAPED.match(value) else value


def cell(field: models.Field | None, value: Any) -> Any:
    """A row's value in a spreadsheet: a number stays one, and no text is a formula."""
    if isinstance(value, int | float):
        return value
    return escaped(canonical(field, value)) or None


# Out


class CSV(base_formats.CSV):
    """With a mark of its encoding, without which Excel takes UTF-8 for something else."""

    def export_data(self, dataset: Any, **kwargs: Any) -> bytes:
        lines = [[_text(value) for value in line] for line in dataset]
        texts = tablib.Dataset(*lines, headers=dataset.headers)
        return str(super().export_data(texts, **kwargs)).encode("utf-8-sig")


class XLSX(base_formats.XLSX):
    def export_data(self, dataset: Any, **kwargs: Any) -> bytes:
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        for number, line in enumerate(dataset, 2):
            for column, value in zip(dataset.headers, line, strict=True):
                text = str(value)
                if len(text) > LONGEST or ILLEGAL_CHARACTERS_RE.search(text):
                    raise Unreadable(
                        f"XLSX can't hold line {number}, {column}: a cell has at most {LONGEST:,} "
                        "characters, and no control characters. Take CSV or JSON."
                    )
        data: bytes = super().export_data(dataset, column_width=WIDTH, **kwargs)
        return data


class JSON(base_formats.JSON):
    """The values as they are, and not as cells."""


FORMATS: dict[str, Any] = {"csv": CSV, "xlsx": XLSX, "json": JSON}


# Back


def read(name: str, content: bytes) -> Sheet:
    """A sheet from a file. What it is, is told by its contents, and by its name where they don't.

    Raises:
        Unreadable: a file that is too large, or none of the three.
    """
    kind = name.lower().rpartition(".")[2]
    if len(content) > SIZE:
        raise Unreadable(f"The file is larger than {SIZE // 2**20} MiB. Take it in parts.")
    if content.startswith(b"PK\x03\x04") or kind == "xlsx":
        return _with_header(_xlsx(content))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"It is neither XLSX nor text in UTF-8: byte {error.start} can't be read."
        ) from error
    if kind == "json" or text.lstrip().startswith(("[", "{")):
        return _json(text)
    return _with_header(_csv(text))


def _xlsx(content: bytes) -> Iterator[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(part.file_size for part in packed.infolist())
        if size > UNPACKED:
            raise Unreadable(f"The file unpacks to more than {UNPACKED // 2**20} MiB.")
        import openpyxl  # here alone: see XLSXOnDemand

        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet: Any = book.worksheets[0]
        # A sheet may say that it is a million lines long, and hold one.
        rows = sheet.iter_rows(max_row=LINES + 2, max_col=COLUMNS + 1, values_only=True)
        lines = [list(row) for row in rows]
    except Unreadable:
        raise
    except Exception as error:  # a foreign file: openpyxl fails in a dozen ways
        raise Unreadable("It is no XLSX that can be read.") from error
    yield from lines


def _csv(text: str) -> Iterator[list[Any]]:
    if "\0" in text:
        raise Unreadable("It is no text: it holds null characters.")
    head = text[:LOOKED_AT].partition("\n")[0]
    csv.field_size_limit(SIZE)
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
        yield from lines
    except csv.Error as error:
        raise Unreadable(f"It is no CSV that can be read: {error}.") from error


def _with_header(lines: Iterable[list[Any]]) -> Sheet:
    """The first line has the names of the columns; a line without a value is left out."""
    found = enumerate(lines, 1)
    header = [_name(value) for value in next(found, (0, []))[1]]
    while header and not header[-1]:
        header.pop()
    _check_columns(header)
    sheet = Sheet(header, [])
    for number, line in found:
        values = [unescaped(value) for value in line]
        if any(value not in (None, "") for value in values[len(header) :]):
            raise Unreadable(f"Line {number} has more cells than the first line has names.")
        if any(value not in (None, "") for value in values):
            sheet.lines.append((number, dict(zip(header, values, strict=False))))
        _check_length(number - 1)
    return sheet


def _name(value: Any) -> str:
    return _text(unescaped(value)).strip()


def _json(text: str) -> Sheet:
    try:
        lines = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"It is no JSON that can be read: {error}.") from error
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise Unreadable("The JSON is no list of objects.")
    _check_length(len(lines))
    columns = list(dict.fromkeys(name for line in lines for name in line))
    if lines:
        _check_columns(columns)
    return Sheet(columns, list(enumerate(lines, 1)))


def _check_columns(columns: list[str]) -> None:
    if not columns:
        raise Unreadable("The file has no columns: its first line has their names.")
    if len(columns) > COLUMNS:
        raise Unreadable(f"The file has more than {COLUMNS} columns.")
    if "" in columns:
        raise Unreadable(f"Column {columns.index('') + 1} has no name.")
    if twice := [name for name in columns if columns.count(name) > 1]:
        raise Unreadable(f"The column “{twice[0]}” is there twice.")


def _check_length(count: int) -> None:
    if count > LINES:
        raise Unreadable(f"The file has more than {LINES:,} lines. Take it in parts.")
