"""Lists as files and back: nothing changes on the way, and nothing is written unseen."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from spacecraft.models import (
    Agency,
    Country,
    Landing,
    Launch,
    Spacecraft,
    SpacecraftConfiguration,
    SpacecraftFlight,
    SpacecraftStatus,
)
from spacedevs.history.models import Change, Step
from spacedevs.history.steps import rehearse
from spacedevs.ids import FIRST_OWN
from spacedevs.mirror.holds import holds_on
from spacedevs.values import snapshots
from tests.administration import admin_url, confirm, of_every_model

# Which database makes no difference.
pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
FORMATS = ("csv", "xlsx", "json")
of_every_format = pytest.mark.parametrize("kind", FORMATS)


def export(client: Client, model: Any, kind: str, query: str = "") -> bytes:
    answer = client.post(admin_url(model, "export") + query, {"format": kind})
    assert "attachment" in answer["Content-Disposition"], answer.text
    return bytes(answer.content)


def lines(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def sheet(rows: list[dict[str, Any]], kind: str = "csv") -> bytes:
    if kind == "json":
        return json.dumps(rows).encode()
    names = list(rows[0])
    if kind == "xlsx":
        book = openpyxl.Workbook()
        table: Any = book.active
        for row in (names, *([row[name] for name in names] for row in rows)):
            table.append(row)
        file = io.BytesIO()
        book.save(file)
        return file.getvalue()
    out = io.StringIO()
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def show(client: Client, model: Any, content: bytes, name: str = "rows.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(admin_url(model, "import"), {"file": file})


def hidden(page: Any) -> dict[str, str]:
    found = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="(.*?)">', page.text))
    if button := re.search(r'name="confirmed" value="(\w+)"', page.text):
        found["confirmed"] = button[1]
    return found


def press(client: Client, model: Any, page: Any) -> Any:
    """The page's button, where it has one."""
    assert 'name="confirmed"' in page.text, page.context["problems"]
    return client.post(admin_url(model, "import"), hidden(page))


def take(client: Client, model: Any, rows: Any, kind: str = "csv") -> Any:
    """Shown, and done."""
    return press(client, model, show(client, model, sheet(rows, kind), f"rows.{kind}"))


def problems(page: Any) -> list[tuple[int, str, str]]:
    return [tuple(each[:3]) for each in page.context["problems"]]


def file_errors(page: Any) -> list[str]:
    return list(page.context["form"].errors["file"])


# There and back


@of_every_format
@of_every_model
def test_what_is_exported_and_imported_changes_nothing(
    admin_client: Client, model: Any, kind: str
) -> None:
    page = show(admin_client, model, export(admin_client, model, kind), f"rows.{kind}")
    assert page.context["problems"] == []
    assert page.context["plan"].lines == []
    assert page.context["plan"].same == model._default_manager.count()
    assert "No record changes." in page.text
    assert 'name="confirmed"' not in page.text


ODD = ("", None, " x ", "a\r\nb", "a\nb\n", "=1+1", "'=1", "''-1", "'Oumuamua", "-5", "@x", "\tx")


@of_every_format
def test_odd_texts_come_back_to_the_letter(admin_client: Client, kind: str) -> None:
    for number, text in enumerate(ODD):
        Agency.objects.create(name=f"={number}", description=text, abbrev=text, administrator=text)
    before = snapshots(Agency, Agency.objects.values_list("pk", flat=True))
    content = export(admin_client, Agency, kind)
    page = show(admin_client, Agency, content, f"rows.{kind}")
    if 'name="confirmed"' in page.text:
        press(admin_client, Agency, page)
    assert snapshots(Agency, before) == before


@of_every_format
def test_a_text_is_put_back_as_it_was(admin_client: Client, kind: str) -> None:
    texts = [text.strip() for text in ODD if text and "\r" not in text]
    texts += ["é <b>", "x" * 2000, '"quoted", and;', "[1]", "5", "true", "2020-01-01"]
    rows = [Agency.objects.create(name=f"A{n}", description=text) for n, text in enumerate(texts)]
    content = export(admin_client, Agency, kind)
    Agency.objects.filter(pk__in=[row.pk for row in rows]).update(description="gone")
    press(admin_client, Agency, show(admin_client, Agency, content, f"rows.{kind}"))
    for row, text in zip(rows, texts, strict=True):
        row.refresh_from_db()
        assert row.description == text


def test_a_long_text_is_refused_by_xlsx_alone(admin_client: Client) -> None:
    row = Agency.objects.create(name="Long", description="x" * 40_000)
    query = f"?id={row.pk}"
    assert "x" * 40_000 in export(admin_client, Agency, "csv", query).decode()
    assert "x" * 40_000 in export(admin_client, Agency, "json", query).decode()
    page = admin_client.post(admin_url(Agency, "export") + query, {"format": "xlsx"})
    assert page.context["form"].errors["format"] == [
        "XLSX can't hold line 2, description: a cell has at most 32,767 characters, and no control "
        "characters. Take CSV or JSON."
    ]


def test_a_text_of_128_kib_is_read_back(admin_client: Client) -> None:
    row = Agency.objects.create(name="Long", description="x" * 150_000)
    page = show(admin_client, Agency, export(admin_client, Agency, "csv", f"?id={row.pk}"))
    assert page.context["plan"].same == 1


# What is exported


def test_the_columns_are_the_forms_fields_and_names_beside_their_ids(
    admin_client: Client,
) -> None:
    craft = Spacecraft.objects.exclude(status=None).exclude(spacecraft_config=None)[0]
    [line] = lines(export(admin_client, Spacecraft, "csv", f"?id={craft.pk}"))
    assert list(line)[:7] == [
        *("id", "name", "serial_number", "spacecraft_config", "spacecraft_config_name"),
        *("status", "status_name"),
    ]
    assert line["id"] == str(craft.pk)
    assert line["status"] == str(craft.status_id)
    assert line["status_name"] == str(craft.status)


def test_json_has_the_values_as_they_are(admin_client: Client) -> None:
    agency = Agency.objects.create(name="A", description="", founding_year=1999)
    agency.country.set([3, 1])
    [line] = json.loads(export(admin_client, Agency, "json", f"?id={agency.pk}"))
    assert line["country"] == [3, 1]
    assert line["country_name"] == ", ".join(Country.objects.get(pk=pk).name for pk in (3, 1))
    assert (line["founding_year"], line["description"], line["administrator"]) == (1999, "", None)
    assert line["launcher_list"] == []


def test_times_and_durations_are_as_in_the_api(admin_client: Client) -> None:
    craft = Spacecraft.objects.create(
        name="C",
        time_in_space=timedelta(days=-1, hours=2),
        in_space_since=datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
        flights_count=-3,
    )
    [line] = lines(export(admin_client, Spacecraft, "csv", f"?id={craft.pk}"))
    assert line["time_in_space"] == "'-PT22H"
    assert line["in_space_since"] == "2020-01-02T03:04:05Z"
    assert line["flights_count"] == "-3"


def test_the_export_is_what_the_list_shows_and_all_of_it(admin_client: Client) -> None:
    query = "?in_space__exact=0&q=soyuz&o=-1"
    listed = admin_client.get(admin_url(Spacecraft, "changelist") + query).context["cl"].queryset
    found = lines(export(admin_client, Spacecraft, "csv", query))
    assert [int(line["id"]) for line in found] == [row.pk for row in listed]
    assert len(found) > 5
    everything = lines(export(admin_client, Spacecraft, "csv", "?p=3"))
    assert len(everything) == Spacecraft.objects.count()


def test_a_filter_that_is_none_leads_back_to_the_list(admin_client: Client) -> None:
    answer = admin_client.get(admin_url(Spacecraft, "export") + "?nonsense=1")
    assert answer["Location"] == admin_url(Spacecraft, "changelist") + "?e=1"


def test_the_selected_rows_are_exported_by_an_action(admin_client: Client) -> None:
    url, rows = admin_url(Spacecraft, "changelist"), Spacecraft.objects.all()[:3]
    data = {"action": "export_selected", "_selected_action": [row.pk for row in rows]}
    page = admin_client.post(url, data)
    assert "Export 3 records" in page.text
    assert page.text.count('name="_selected_action"') == 3
    answer = admin_client.post(url, {**data, "format": "csv"})
    assert [int(line["id"]) for line in lines(answer.content)] == [row.pk for row in rows]


@of_every_format
def test_the_file_has_a_name(admin_client: Client, kind: str) -> None:
    answer = admin_client.post(admin_url(Spacecraft, "export"), {"format": kind})
    found = answer["Content-Disposition"]
    assert re.fullmatch(rf'attachment; filename="Spacecraft-\d{{4}}-\d\d-\d\d\.{kind}"', found)


def test_an_export_takes_few_queries(
    admin_client: Client, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_max_num_queries(12):
        export(admin_client, SpacecraftFlight, "csv")


# Formulas

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://evil")')


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_is_no_formula_in_a_spreadsheet(admin_client: Client, text: str) -> None:
    row = Agency.objects.create(name=text)
    query = f"?id={row.pk}"
    assert lines(export(admin_client, Agency, "csv", query))[0]["name"] == f"'{text}"
    book = openpyxl.load_workbook(io.BytesIO(export(admin_client, Agency, "xlsx", query)))
    cell = book.worksheets[0]["B2"]
    assert cell.data_type == "s"
    assert cell.value.startswith("'")
    assert json.loads(export(admin_client, Agency, "json", query))[0]["name"] == text


# The story: 50 craft, and one bad line


def crafts(count: int = 50) -> list[dict[str, Any]]:
    status = SpacecraftStatus.objects.all()[0]
    config = SpacecraftConfiguration.objects.all()[0]
    made: dict[str, Any] = {"status": status.pk, "spacecraft_config": config.pk}
    return [
        {"id": "", "name": f"Craft {n}", "serial_number": f"S{n}", **made} for n in range(count)
    ]


@of_every_format
def test_fifty_craft_with_one_bad_line_are_mended_and_imported(
    admin_client: Client, kind: str
) -> None:
    first, rows = Spacecraft.objects.all()[0], crafts()
    rows[49] |= {"id": first.pk, "name": "Renamed", "status": first.status_id}
    rows[49] |= {"spacecraft_config": first.spacecraft_config_id, "serial_number": "S"}
    bad = [*rows[:20], {**rows[20], "status": 999}, *rows[21:]]
    before = Spacecraft.objects.count()
    page = show(admin_client, Spacecraft, sheet(bad, kind), f"crafts.{kind}")
    assert problems(page) == [(21 if kind == "json" else 22, "status", "999")]
    assert "There is no spacecraft status with this id." in page.text
    assert page.context["total"] == 49  # the others are shown all the same
    assert 'name="confirmed"' not in page.text
    assert not Step.objects.filter(kind="import").exists()
    page = show(admin_client, Spacecraft, sheet(rows, kind), f"crafts.{kind}")
    assert "49 added, 1 changed" in page.text
    assert Spacecraft.objects.count() == before
    answer = press(admin_client, Spacecraft, page)
    assert answer.status_code == 302
    assert Spacecraft.objects.count() == before + 49
    assert set(
        Spacecraft.objects.filter(name__startswith="Craft ").values_list("pk", flat=True)
    ) == {*range(FIRST_OWN, FIRST_OWN + 49)}
    step = Step.objects.get(kind="import")
    assert (step.by, step.about) == ("admin", f"Imported crafts.{kind}: 49 added, 1 changed.")
    assert step.changes.count() == 50
    first.refresh_from_db()
    assert first.name == "Renamed"
    assert {one.field for one in holds_on(first)} == {"name", "serial_number"}
    assert not holds_on(Spacecraft.objects.get(pk=FIRST_OWN)).exists()


def test_what_is_not_as_it_was_shown_is_shown_again(admin_client: Client) -> None:
    craft = Spacecraft.objects.all()[0]
    rows = [{"id": craft.pk, "name": "Mine"}]
    page = show(admin_client, Spacecraft, sheet(rows))
    craft.name = "Theirs"
    craft.save()
    again = press(admin_client, Spacecraft, page)
    assert again.status_code == 200
    assert "Theirs" in again.text
    craft.refresh_from_db()
    assert craft.name == "Theirs"
    press(admin_client, Spacecraft, again)
    craft.refresh_from_db()
    assert craft.name == "Mine"


def test_a_row_that_was_deleted_meanwhile_is_told(admin_client: Client) -> None:
    status = SpacecraftStatus.objects.create(name="S")
    page = show(admin_client, SpacecraftStatus, sheet([{"id": status.pk, "name": "T"}]))
    pk = status.pk
    status.delete()
    again = press(admin_client, SpacecraftStatus, page)
    assert problems(again) == [(2, "id", str(pk))]


def test_what_is_sent_again_is_signed_and_for_one_user_and_list(admin_client: Client) -> None:
    page = show(admin_client, SpacecraftStatus, sheet([{"name": "T"}]))
    sent = hidden(page)
    for model, change in ((SpacecraftStatus, "x"), (Country, "")):
        url = admin_url(model, "import")
        answer = admin_client.post(url, {**sent, "upload": sent["upload"] + change})
        assert "This page is too old. Take the file again." in answer.text
    other = Client(headers={"host": "localhost"})
    other.force_login(User.objects.create_superuser("other"))
    assert "too old" in other.post(admin_url(SpacecraftStatus, "import"), sent).text
    assert not SpacecraftStatus.objects.filter(name="T").exists()


def test_only_the_columns_that_are_there_are_written(admin_client: Client) -> None:
    craft = Spacecraft.objects.exclude(description="")[0]
    before = snapshots(Spacecraft, [craft.pk])[craft.pk]
    take(admin_client, Spacecraft, [{"id": craft.pk, "serial_number": "N"}])
    after = snapshots(Spacecraft, [craft.pk])[craft.pk]
    assert {name for name in after if after[name] != before[name]} == {"serial_number"}


def test_an_empty_cell_empties_the_field(admin_client: Client) -> None:
    craft = Spacecraft.objects.all()[0]
    Spacecraft.objects.filter(pk=craft.pk).update(serial_number="S")
    take(admin_client, Spacecraft, [{"id": craft.pk, "serial_number": ""}])
    craft.refresh_from_db()
    assert craft.serial_number is None


def test_a_new_row_has_the_models_defaults_and_says_what_it_lacks(admin_client: Client) -> None:
    page = show(admin_client, Spacecraft, sheet([{"name": "C", "is_placeholder": ""}]))
    assert problems(page) == [(2, "spacecraft_config", ""), (2, "status", "")]
    take(admin_client, Landing, [{"id": "", "description": "D", "success": "", "attempt": "TRUE"}])
    landing = Landing.objects.get(description="D")
    assert (landing.success, landing.attempt) == (None, True)


def test_a_new_launch_is_the_one_that_was_shown(admin_client: Client) -> None:
    agency = Agency.objects.all()[0]
    rows = [{"name": "L", "net": "2026-01-02T03:04:05+02:00", "launch_service_provider": agency.pk}]
    assert take(admin_client, Launch, rows).status_code == 302
    launch = Launch.objects.get(name="L")
    assert launch.net == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert (launch.slug, launch.window_start) == ("l", launch.net)
    assert launch.pk.version == 5


def test_lists_keep_their_order_and_figures_follow(admin_client: Client) -> None:
    agency = Agency.objects.all()[0]
    take(admin_client, Agency, [{"id": agency.pk, "country": "3,1"}])
    assert [country.pk for country in agency.country.all()] == [3, 1]
    craft = Spacecraft.objects.create(
        name="C",
        status=SpacecraftStatus.objects.all()[0],
        spacecraft_config=SpacecraftConfiguration.objects.all()[0],
    )
    launch = Launch.objects.exclude(net=None)[0]
    take(admin_client, SpacecraftFlight, [{"spacecraft": craft.pk, "launch": str(launch.pk)}] * 2)
    craft.refresh_from_db()
    assert craft.flights_count == 2


@of_every_format
def test_opaque_json_is_written(admin_client: Client, kind: str) -> None:
    landing = Landing.objects.exclude(type=None)[0]
    before = landing.type
    take(admin_client, Landing, [{"id": landing.pk, "type": ""}], kind)
    landing.refresh_from_db()
    assert landing.type is None
    value = before if kind == "json" else json.dumps(before)
    take(admin_client, Landing, [{"id": landing.pk, "type": value}], kind)
    landing.refresh_from_db()
    assert landing.type == before


def test_more_than_100_changes_are_counted_and_100_are_shown(admin_client: Client) -> None:
    rows = [{"id": "", "name": f"Status {number}"} for number in range(120)]
    page = show(admin_client, SpacecraftStatus, sheet(rows))
    assert "120 records will change" in page.text
    assert page.text.count('<section class="change">') == 100
    assert "and 20 more." in page.text
    press(admin_client, SpacecraftStatus, page)
    assert SpacecraftStatus.objects.filter(name__startswith="Status ").count() == 120


def test_a_warning_is_confirmed_in_the_preview(admin_client: Client) -> None:
    numbered = Spacecraft.objects.exclude(serial_number=None).exclude(serial_number="")
    craft = numbered.exclude(status=None).exclude(spacecraft_config=None)[0]
    twin = {"name": "Twin", "serial_number": craft.serial_number, "status": craft.status_id}
    row = {**twin, "spacecraft_config": craft.spacecraft_config_id}
    page = show(admin_client, Spacecraft, sheet([row]))
    box = re.search(r'type="checkbox" name="(line-2-[\w-]+)" value="(\w+)"', page.text)
    assert box
    ticked = {**hidden(page), box[1]: box[2]}
    again = admin_client.post(admin_url(Spacecraft, "import"), ticked)
    assert again.context["problems"] == []
    press(admin_client, Spacecraft, again)
    assert Spacecraft.objects.filter(name="Twin").exists()


def test_a_rehearsal_knows_all_changes_however_many() -> None:
    def make() -> None:
        for number in range(510):
            SpacecraftStatus.objects.create(name=f"Status {number}")

    assert len(rehearse(make)) == 510
    assert not Change.objects.filter(label="Status 1").exists()


# Errors


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("status", "999", "There is no spacecraft status with this id."),
        ("status", "x", "There is no spacecraft status with this id."),
        ("name", "", "This field is required."),
        ("time_in_space", "soon", "“soon” is not a duration."),
        ("in_space_since", "yesterday", "No time. Write it as in 2026-01-31T12:00:00Z."),
        ("in_space_since", "0001-01-01T00:00:00+14:00", "No time."),
        ("in_space", "maybe", "Write true or false."),
        ("in_space", "", "Write true or false."),
        ("flights_count", "many", "Enter a whole number."),
        ("flights_count", "9" * 30, "Ensure this value is less than or equal to"),
        ("colour", "red", "There is no such column."),
    ],
)
def test_a_bad_value_is_told_with_its_line_and_column(
    admin_client: Client, column: str, value: str, sentence: str
) -> None:
    craft = Spacecraft.objects.exclude(in_space=None).exclude(status=None)[0]
    page = show(admin_client, Spacecraft, sheet([{"id": craft.pk, column: value}]))
    [(line, at, shown, said)] = page.context["problems"]
    assert (line, at) == ((1 if column == "colour" else 2), column)
    assert shown == ("" if column == "colour" else value)
    assert said.startswith(sentence)
    assert 'name="confirmed"' not in page.text


@pytest.mark.parametrize("key", ["x", "1.5", "12345678", "9" * 40, "-1"])
def test_an_id_that_is_not_there_is_told(admin_client: Client, key: str) -> None:
    page = show(admin_client, SpacecraftStatus, sheet([{"id": key, "name": "N"}]))
    assert problems(page) == [(2, "id", key)]


def test_an_id_that_is_there_twice_is_told(admin_client: Client) -> None:
    status = SpacecraftStatus.objects.all()[0]
    page = show(admin_client, SpacecraftStatus, sheet([{"id": status.pk, "name": "N"}] * 2))
    assert [each.sentence for each in page.context["problems"]] == ["Line 2 has this id as well."]


def test_lists_and_objects_where_one_value_belongs_are_told(admin_client: Client) -> None:
    for value in ([1], {"a": 1}):
        rows = [{"name": value, "country": [[1]]}]
        page = show(admin_client, Agency, sheet(rows, "json"), "rows.json")
        assert {(line, column) for line, column, _ in problems(page)} >= {
            (1, "name"),
            (1, "country"),
        }


def test_every_error_is_shown_at_once(admin_client: Client) -> None:
    rows = [{"id": "", "name": ""}, {"id": "x", "name": "N"}, {"id": "", "name": "n" * 300}]
    page = show(admin_client, SpacecraftStatus, sheet([{**row, "priority": 1} for row in rows]))
    assert [(line, column) for line, column, _ in problems(page)] == [
        (1, "priority"),
        (2, "name"),
        (3, "id"),
        (4, "name"),
    ]


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * (50 * 2**20))
    return file.getvalue()


def a_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("a.txt", "a")
    return file.getvalue()


BAD_FILES = {
    "empty": (b"", "The submitted file is empty."),
    "blank": (b"\n\n", "The file has no columns"),
    "latin": ("näme\né".encode("latin-1"), "It is neither XLSX nor text in UTF-8"),
    "utf-16": ("name\nx".encode("utf-16"), "It is neither XLSX nor text in UTF-8"),
    "null": (b"name\n\0", "It is no text"),
    "quote": (b'name\n"x" y"\n"', ""),
    "zip": (a_zip(), "It is no XLSX that can be read."),
    "cut": (a_zip()[:50], "It is no XLSX that can be read."),
    "bomb": (bomb(), "The file unpacks to more than 20 MiB."),
    "object": (b'{"name": "x"}', "The JSON is no list of objects."),
    "numbers": (b"[1, 2]", "The JSON is no list of objects."),
    "json": (b'[{"name": ', "It is no JSON that can be read"),
    "surrogate": (b'[{"name": "\\ud800"}]', "It is no JSON that can be read"),
    "deep": (b"[" * 100_000, "It is no JSON that can be read"),
    "twice": (b"name,name\nx,y", "The column “name” is there twice."),
    "nameless": (b"name,,id\nx,y,", "Column 2 has no name."),
    "wide": (b"name\nx,y", "Line 2 has more cells than the first line has names."),
    "columns": (b",".join(b"c%d" % n for n in range(300)), "The file has more than 200 columns."),
    "long": (b"name\n" + b"x\n" * 10_001, "The file has more than 10,000 lines."),
    "large": (b"name\n" + b"x" * (6 * 2**20), "The file is larger than 5 MiB."),
}


@pytest.mark.parametrize("file", BAD_FILES)
def test_a_bad_file_is_a_sentence_at_the_field(admin_client: Client, file: str) -> None:
    content, sentence = BAD_FILES[file]
    page = show(admin_client, SpacecraftStatus, content, f"{file}.csv")
    assert page.status_code == 200
    if sentence:
        assert sentence in " ".join(file_errors(page))
    assert not Step.objects.filter(kind="import").exists()


def test_no_file_is_told(admin_client: Client) -> None:
    page = admin_client.post(admin_url(SpacecraftStatus, "import"), {})
    assert file_errors(page) == ["This field is required."]


def test_a_sheet_that_says_it_is_a_million_lines_long_is_read(admin_client: Client) -> None:
    book = openpyxl.Workbook()
    table: Any = book.active
    table["A1"], table["A1048576"] = "name", "far"
    file = io.BytesIO()
    book.save(file)
    page = show(admin_client, SpacecraftStatus, file.getvalue(), "far.xlsx")
    assert "more than 10,000 lines" in file_errors(page)[0]


def test_10_000_lines_that_change_too_much_are_told(admin_client: Client) -> None:
    rows = [{"name": f"N{number}"} for number in range(10_000)]
    page = show(admin_client, SpacecraftStatus, sheet(rows))
    assert file_errors(page) == [
        "More than 500 lines of rows.csv change something. Take it in parts."
    ]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_spreadsheets_own_separators_are_read(admin_client: Client, separator: str) -> None:
    content = f"id{separator}name\n{separator}N, O\n".encode("utf-8-sig")
    press(admin_client, SpacecraftStatus, show(admin_client, SpacecraftStatus, content))
    assert SpacecraftStatus.objects.filter(name="N, O").exists()


def test_a_spreadsheets_own_times_and_numbers_are_read(admin_client: Client) -> None:
    craft = Spacecraft.objects.all()[0]
    moment = datetime(2020, 1, 2, 3, 4, 5)
    rows = [{"id": craft.pk, "in_space_since": moment, "flights_count": 7.0, "in_space": True}]
    take(admin_client, Spacecraft, rows, "xlsx")
    craft.refresh_from_db()
    assert craft.in_space_since == moment.replace(tzinfo=UTC)
    assert (craft.flights_count, craft.in_space) == (7, True)


# What comes from a file is text


def test_fifty_payloads_are_text_in_the_preview_and_the_history(admin_client: Client) -> None:
    payloads = [
        *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'\"><svg onload=alert(1)>"),
        *(f"</td><script>alert({number})</script>" for number in range(47)),
    ]
    rows = [{"id": "", "name": text} for text in payloads]
    page = show(admin_client, SpacecraftStatus, sheet(rows), "<script>alert(1)<.csv")
    answer = press(admin_client, SpacecraftStatus, page)
    history = admin_client.get("/admin/history/change/")
    bad = show(admin_client, SpacecraftStatus, sheet([{"id": text} for text in payloads]))
    columns = show(admin_client, SpacecraftStatus, sheet([dict.fromkeys(payloads, "x")]))
    assert answer.status_code == 302
    for shown in (page, history, bad, columns):
        assert "alert(1)" in shown.text
        for start in ("<script>alert", "<img src=x", "<svg onload"):
            assert start not in shown.text


def test_the_pages_have_a_label_for_each_control(admin_client: Client) -> None:
    for page in ("import", "export"):
        text = admin_client.get(admin_url(Spacecraft, page)).text
        for control in re.findall(r'<input type="(?:file|radio)".*?id="(\w+)"', text):
            assert f'for="{control}"' in text


def test_the_list_has_a_button_for_each_and_keeps_its_filters(admin_client: Client) -> None:
    page = admin_client.get(admin_url(Spacecraft, "changelist") + "?in_space__exact=1").text
    assert f'href="{admin_url(Spacecraft, "export")}?in_space__exact=1"' in page
    assert f"href='{admin_url(Spacecraft, 'import')}'" in page


def test_an_import_is_taken_back_as_one_step(admin_client: Client) -> None:
    status = SpacecraftStatus.objects.all()[0]
    before = SpacecraftStatus.objects.count()
    take(admin_client, SpacecraftStatus, [{"id": "", "name": "N"}, {"id": status.pk, "name": "M"}])
    step = Change.objects.get(label="N").step
    assert step.kind == Step.Kind.IMPORT
    confirm(admin_client, reverse("admin:history_step_back", args=(step.pk,)))
    assert SpacecraftStatus.objects.count() == before
    assert SpacecraftStatus.objects.get(pk=status.pk).name == status.name
