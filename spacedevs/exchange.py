"""A list as a file, and a file as records: what every record's list has in the admin.

The way out is django-import-export's. The way back is not: its own import checks models and not
forms, so that none of the rules of editing.py would hold; it writes what it can of a file with
errors; and it finds the file again by a name that the browser sends.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, NamedTuple

import orjson
from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core import signing
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import DataError, IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header
from django.utils.text import Truncator
from import_export.admin import ExportMixin
from import_export.resources import Resource

from spacedevs.actions import SHOWN, chosen, confirmed, count
from spacedevs.api.shapes import contract_allows_null
from spacedevs.history.models import Step
from spacedevs.history.steps import current
from spacedevs.opened import OPENED
from spacedevs.sheets import FORMATS, Sheet, Unreadable, canonical, cell, read
from spacedevs.values import links_of, names_of, noted

AT_ONCE = 500  # rows that are read at once
# Lines that one import writes: some ten seconds, in which nobody else writes to SQLite.
CHANGES = 500
CARRIED = 2 * 2**20  # characters that the page of an import sends again
KEPT = 24 * 60 * 60  # seconds for which it may
LONGEST_NAME = 100  # characters of a file's name
UPLOAD = "upload"
LINE = "line-"  # before what a form asks of one line


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        label="Format",
        choices=[("csv", "CSV"), ("xlsx", "XLSX, for spreadsheets"), ("json", "JSON")],
        widget=forms.RadioSelect,
        initial="csv",
    )


class ImportForm(forms.Form):
    """A file that can be read: `cleaned_data["sheet"]`."""

    file = forms.FileField(label="File: CSV, XLSX or JSON")
    file.widget.attrs["accept"] = ",".join(f".{name}" for name in FORMATS)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            self.cleaned_data["sheet"] = read(file.name, file.read())
        except Unreadable as error:
            raise ValidationError(f"{_short_name(file.name)}: {error}") from error
        return file


class RecordResource(Resource):
    """The records of one admin as lines: the id, and each field of the form by its name.

    A relation has a second column, for people: the name of what it leads to.
    """

    def __init__(self, model: type[models.Model], fields: list[str]) -> None:
        super().__init__()
        self.model = model
        self.columns: dict[str, models.Field] = {"id": model._meta.pk}  # those that are read back
        self.names: dict[str, str] = {}  # the columns for people, each with the relation's
        for name in fields:
            column: Any = model._meta.get_field(name)
            self.columns[name] = column
            if column.is_relation:
                self.names[f"{name}_name"] = name

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        """Each name stands beside its id."""
        beside = {relation: name for name, relation in self.names.items()}
        return [each for name in self.columns for each in (name, beside.get(name)) if each]

    def iter_queryset(self, queryset: models.QuerySet) -> Iterator[dict[str, Any]]:
        """The values of each row, by column. Two queries for each relation, for AT_ONCE rows."""
        relations = {name: self.columns[name] for name in self.names.values()}
        for rows in _parts(queryset.iterator(chunk_size=AT_ONCE)):
            links = {
                name: links_of(relation, [row.pk for row in rows])
                for name, relation in relations.items()
                if relation.many_to_many
            }
            lines = [{name: self._value(row, name, links) for name in self.columns} for row in rows]
            named = names_of((relations[name], line[name]) for line in lines for name in relations)
            for line in lines:
                for column, name in self.names.items():
                    keys = line[name] if isinstance(line[name], list) else [line[name]]
                    model: Any = relations[name].related_model
                    line[column] = ", ".join(named.get((model, str(key)), "") for key in keys)
                yield line

    def _value(self, row: Any, name: str, links: dict[str, Any]) -> Any:
        """As JSON has it."""
        column = self.columns[name]
        value = links[name][row.pk] if column.many_to_many else getattr(row, column.attname)
        if value is None or isinstance(value, str | int | float | list | dict):
            return value if not isinstance(value, list) else [_plain(each) for each in value]
        return canonical(column, value)

    def export_resource(
        self,
        line: dict[str, Any],
        selected_fields: Any = None,
        is_json: bool = False,
        **kwargs: Any,
    ) -> list[Any]:
        values = ((self.columns.get(name), line[name]) for name in self.get_export_headers())
        return [value if is_json else cell(column, value) for column, value in values]


def _parts(items: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(items)
    while part := list(islice(left, AT_ONCE)):
        yield part


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | list | dict | None) else str(value)


class Problem(NamedTuple):
    """`line`: its number; `column`: empty where it is the whole line."""

    line: int
    column: str
    value: str
    sentence: str


@dataclass
class Line:
    """What a line would write. `key`: of its row; empty where that is new.

    `cells`: those that differ from what stands there. `born`: noted, by column, what the model
    gives a new row by itself: the same the next time.
    """

    number: int
    key: str
    cells: dict[str, str]
    born: dict[str, str] = field(default_factory=dict)


@dataclass
class Plan:
    """What an import would do. `same`: the lines that change nothing."""

    name: str
    lines: list[Line] = field(default_factory=list)
    same: int = 0
    problems: list[Problem] = field(default_factory=list)
    is_whole: bool = True  # everything in the file could be read

    def say(self, number: int, column: str, value: Any, sentence: str) -> None:
        shown = Truncator(value if isinstance(value, str) else noted(value)).chars(SHOWN)
        self.problems.append(Problem(number, column, shown if value is not None else "", sentence))
        self.is_whole = False

    def count(self) -> str:
        """Of a plan without problems: "49 added, 1 changed"."""
        counts = Counter("changed" if line.key else "added" for line in self.lines)
        parts = [f"{counts[word]} {word}" for word in ("added", "changed") if counts[word]]
        return ", ".join(parts) or "nothing changed"

    def carried(self, salt: str) -> str:
        said = {
            "name": self.name,
            "same": self.same,
            "lines": [asdict(each) for each in self.lines],
        }
        return signing.dumps(said, salt=salt, compress=True)

    @classmethod
    def of(cls, carried: str, salt: str) -> "Plan":
        """Raises signing.BadSignature."""
        said = signing.loads(carried, salt=salt, max_age=KEPT)
        lines = [Line(**each) for each in said["lines"]]
        return cls(said["name"], lines, said["same"])


class Exchange(ExportMixin, admin.ModelAdmin):
    """Import and export. `left_out`: the fields that a sheet does not have."""

    left_out: tuple[str, ...] = ()
    import_export_change_list_template = "admin/import_export/change_list_import_export.html"

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_import"
        own = path("import/", self.admin_site.admin_view(self.import_action), name=name)
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        extra = {"has_import_permission": self.has_import_permission(request)}
        page: HttpResponse = super().changelist_view(request, {**extra, **(extra_context or {})})
        return page

    def resource(self, request: HttpRequest) -> RecordResource:
        form: Any = self.get_form(request)
        apart = {OPENED, *self.left_out}
        return RecordResource(self.model, [name for name in form.base_fields if name not in apart])

    def _list(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return {**context, "back": self._list(), "resource": self.resource(request)}

    # Out

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """All that the list shows: by its filters, its search and its order."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        try:
            queryset = self.get_export_queryset(request)
        except IncorrectLookupParameters:
            return redirect(f"{self._list()}?e=1")  # as the list itself does
        return self.exported(request, queryset, [])

    @admin.action(description="Export the selected records", permissions=["view"])
    def export_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse:
        return self.exported(request, queryset, list(chosen(request)))

    def exported(
        self, request: HttpRequest, queryset: models.QuerySet, inputs: Any
    ) -> HttpResponse:
        """The page that asks for a format; the file, where it was asked for."""
        form = ExportForm(request.POST if "format" in request.POST else None)
        if form.is_valid():
            kind = form.cleaned_data["format"]
            try:
                dataset = self.resource(request).export(queryset, is_json=kind == "json")
                content = FORMATS[kind]().export_data(dataset)
            except Unreadable as error:
                form.add_error("format", str(error))
            else:
                return self._file(request, queryset, kind, content)
        context = {
            **self._context(request, f"Export {count(queryset.count())}"),
            "form": form,
            "inputs": inputs,
        }
        return TemplateResponse(request, "admin/exchange/export.html", context)

    def _file(self, request: Any, queryset: Any, kind: str, content: Any) -> HttpResponse:
        written = FORMATS[kind]()
        name = self.get_export_filename(request, queryset, written)
        response = HttpResponse(content, content_type=written.get_content_type())
        response["Content-Disposition"] = content_disposition_header(True, name)
        return response

    # Back

    def import_action(self, request: HttpRequest) -> HttpResponse:
        if not self.has_import_permission(request):
            raise PermissionDenied
        return self._import(request) or redirect(self._list())

    def _import(self, request: HttpRequest) -> HttpResponse | None:
        """The page with a form; with what its file would do; None once that is done."""
        salt = f"import {self.opts.label_lower} {request.user.pk}"
        plan, form, inputs = None, ImportForm(), {}
        if UPLOAD in request.POST:
            try:
                plan = Plan.of(request.POST[UPLOAD], salt)
            except signing.BadSignature:
                form = _refused("This page is too old. Take the file again.")
        elif request.method == "POST":
            form = ImportForm(request.POST, request.FILES)
            if form.is_valid():
                name = _short_name(form.cleaned_data["file"].name)
                plan = self.plan(request, name, form.cleaned_data["sheet"])
                form = ImportForm()
        if plan and len(plan.lines) > CHANGES:
            form = _refused(
                f"More than {CHANGES:,} lines of {plan.name} change something. Take it in parts."
            )
            plan = None
        if plan and plan.is_whole:
            inputs = {UPLOAD: plan.carried(salt)}
            if len(inputs[UPLOAD]) > CARRIED:
                form = _refused(f"{plan.name} changes too much at once. Take it in parts.")
                plan = None
        if plan is None:
            context = {**self._context(request, f"Import {self.opts.verbose_name_plural}")}
            context |= {"form": form, "plan": None}
            return TemplateResponse(request, "admin/exchange/import.html", context)
        ticked = {name: str(text) for name, text in request.POST.items() if name.startswith(LINE)}
        unread = list(plan.problems)
        return confirmed(
            request,
            self.admin_site,
            lambda: self.write(request, plan, unread, ticked),
            title=f"Import {plan.name}",
            lead="What it changes is held against the mirror, as every edit is.",
            button="Import",
            back=self._list(),
            opts=self.opts,
            inputs={**inputs, **ticked}.items(),
            kind=Step.Kind.IMPORT,
            problems=plan.problems,
            template="admin/exchange/import.html",
            extra={"form": form, "plan": plan, "resource": self.resource(request), "most": SHOWN},
        )

    def plan(self, request: HttpRequest, name: str, sheet: Sheet) -> Plan:
        """What differs from the rows that are there. It writes nothing, and checks no value yet."""
        resource, plan = self.resource(request), Plan(name)
        for column in sheet.columns:
            if column not in resource.columns and column not in resource.names:
                known = ", ".join(resource.columns)
                plan.say(1, column, None, f"There is no such column. The columns are {known}.")
        found: list[tuple[int, Any, dict[str, str]]] = []
        seen: dict[Any, int] = {}
        for number, values in sheet.lines:
            cells = dict(self._cells(resource, plan, number, values))
            key = self._key(plan, number, values.get("id"))
            if key in seen:
                sentence = f"Line {seen[key]} has this id as well."
                plan.say(number, "id", values["id"], sentence)
            elif key is not None:
                seen[key] = number
            found.append((number, key, cells))
        for part in _parts(found):
            keys = [key for _, key, _ in part if key is not None]
            rows = self.get_queryset(request).filter(pk__in=keys)
            there = {str(line["id"]): line for line in resource.iter_queryset(rows.order_by("pk"))}
            for number, key, cells in part:
                self._compare(resource, plan, number, key, cells, there)
        return plan

    def _cells(
        self, resource: RecordResource, plan: Plan, number: int, values: dict[str, Any]
    ) -> Iterator[tuple[str, str]]:
        for name, column in resource.columns.items():
            if name in values and name != "id":
                try:
                    yield name, canonical(column, values[name])
                except ValidationError as error:
                    plan.say(number, name, values[name], " ".join(error.messages))

    def _key(self, plan: Plan, number: int, value: Any) -> Any:
        """None for a new row, and for one that can't be told."""
        primary: Any = self.opts.pk
        try:
            text = canonical(primary, value).strip()
            key = primary.to_python(text) if text else None
            if key is not None:
                primary.run_validators(key)
        except ValidationError:
            plan.say(number, "id", value, "No id. Leave it empty for a new record.")
            return None
        return key

    def _compare(
        self,
        resource: RecordResource,
        plan: Plan,
        number: int,
        key: Any,
        cells: dict[str, str],
        there: dict[str, dict[str, Any]],
    ) -> None:
        if key is None:
            # What is empty is as the model has it.
            given = {name: text for name, text in cells.items() if text}
            plan.lines.append(Line(number, "", given, _born(self.model)))
            return
        if (row := there.get(str(key))) is None:
            sentence = f"There is no {self.opts.verbose_name} with this id."
            plan.say(number, "id", str(key), f"{sentence} Leave it empty for a new one.")
            return
        differing = {}
        for name, text in cells.items():
            column = resource.columns[name]
            if text == canonical(column, row[name]):
                continue
            if isinstance(column, models.BooleanField) and not (
                text or contract_allows_null(column)
            ):
                plan.say(number, name, text, "Write true or false.")
            else:
                differing[name] = text
        if differing:
            plan.lines.append(Line(number, str(key), differing))
        else:
            plan.same += 1

    def write(
        self, request: HttpRequest, plan: Plan, unread: list[Problem], ticked: dict[str, str]
    ) -> None:
        """Saves each line as its record's form would, and tells the plan what is wrong."""
        recorder: Any = current()
        plan.problems[:] = unread
        build = _Forms(self, request)
        for line in plan.lines:
            form = build.form(line, ticked)
            if form is None:
                plan.problems.append(Problem(line.number, "id", line.key, "It was deleted."))
            elif not form.is_valid():
                plan.problems += _problems_of(form, line)
            elif not line.key or form.has_changed():
                try:
                    with transaction.atomic():
                        row = form.save(commit=False)
                        self.save_model(request, row, form, change=bool(line.key))
                        self.save_related(request, form, [], change=bool(line.key))
                except (IntegrityError, DataError) as error:
                    plan.problems.append(Problem(line.number, "", "", str(error)))
        plan.problems.sort()
        recorder.about = f"Imported {plan.name}: {plan.count()}."


class _Forms:
    """The forms of lines; those with the same columns are of one class."""

    def __init__(self, model_admin: Exchange, request: HttpRequest) -> None:
        self.admin, self.request = model_admin, request
        self.classes: dict[tuple[str, ...], Any] = {}
        fields = self._class(()).base_fields
        get_field = model_admin.opts.get_field
        # A new record has to have these, whether the sheet has their columns or not.
        self.needed = [
            name
            for name, each in fields.items()
            if each.required and name not in model_admin.left_out and not _default(get_field(name))
        ]

    def _class(self, names: tuple[str, ...]) -> Any:
        """Of no names: the form with all fields."""
        if names not in self.classes:
            chosen_fields: Any = {"fields": names} if names else {}
            form_class: Any = self.admin.get_form(self.request, **chosen_fields)
            for name, each in form_class.base_fields.items():
                if name != OPENED and isinstance(each, forms.ModelChoiceField):
                    related: Any = self.admin.opts.get_field(name).related_model
                    kind = related._meta.verbose_name
                    told = "“%(value)s”: there" if hasattr(each, "_check_values") else "There"
                    each.error_messages["invalid_choice"] = f"{told} is no {kind} with this id."
            self.classes[names] = form_class
        return self.classes[names]

    def form(self, line: Line, ticked: dict[str, str]) -> Any:
        """None where the row is gone. The row is read again: a line before may have changed it."""
        model = self.admin.model
        names = [*line.cells]
        if line.key:
            row: Any = model._base_manager.select_for_update().filter(pk=line.key).first()
            if row is None:
                return None
        else:
            names += [name for name in self.needed if name not in line.cells]
            row = model()
            for attribute, value in line.born.items():
                column: Any = model._meta.get_field(attribute)
                setattr(row, attribute, column.to_python(orjson.loads(value)))
        form_class = self._class(tuple(sorted(names)))
        prefix = f"{LINE}{line.number}"
        data = dict(ticked)
        for name, text in line.cells.items():
            for ending, value in _controls(form_class.base_fields[name], text):
                data[f"{prefix}-{name}{ending}"] = value
        return form_class(data, instance=row, prefix=prefix)


def _controls(form_field: forms.Field, text: str) -> Iterator[tuple[str, Any]]:
    """What a browser would send of a field, as endings of its name."""
    if isinstance(form_field, forms.SplitDateTimeField):
        day, _, time = text.removesuffix("Z").partition("T")
        yield from (("_0", day), ("_1", time))
    elif isinstance(form_field, forms.ModelMultipleChoiceField):
        yield "", text.split(", ") if text else []
    else:
        yield "", text


def _problems_of(form: Any, line: Line) -> Iterator[Problem]:
    for name, found in form.errors.items():
        column = "" if name == NON_FIELD_ERRORS else name
        value = Truncator(line.cells.get(name, "")).chars(SHOWN)
        for sentence in found:
            yield Problem(line.number, column, value, sentence)


def _default(column: Any) -> bool:
    return bool(column.has_default())


def _born(model: type[models.Model]) -> dict[str, str]:
    row = model()
    own = (each for each in model._meta.concrete_fields if callable(each.default))
    return {each.attname: noted(getattr(row, each.attname)) for each in own}


def _refused(sentence: str) -> ImportForm:
    form = ImportForm({})
    form.errors["file"] = form.error_class([sentence])
    return form


def _short_name(name: str) -> str:
    return Truncator(name).chars(LONGEST_NAME)
