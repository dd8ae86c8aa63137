"""What every record's page in the admin has: a form that loses nothing, links, autocompletes."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from http import HTTPStatus
from typing import Any, ClassVar

import isodate
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import Error, connection
from django.db import models as db
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.text import capfirst

from spacedevs import pickers, pictures, words
from spacedevs.actions import CONFIRMED, Refused, chosen, confirmed, count
from spacedevs.api.durations import LONGEST
from spacedevs.api.registry import resources
from spacedevs.api.shapes import contract_allows_null
from spacedevs.bulk import BulkForm
from spacedevs.errors import as_unavailable, database_away, explain, is_database_away
from spacedevs.exchange import Exchange
from spacedevs.gaps import MissingFilter
from spacedevs.history.admin import WithHistory
from spacedevs.history.models import Step
from spacedevs.history.steps import current, rehearse, step
from spacedevs.mirror.holds import hold, holds_on, let_go
from spacedevs.names import NamedModel
from spacedevs.opened import OPENED, OpenedForm, OpenedFormSet
from spacedevs.plausible import check_form, problems
from spacedevs.preview import PREVIEW, answers, page_of
from spacedevs.references import protected, uses_of
from spacedevs.relations import OrderedAutocomplete, OrderedManyToManyField
from spacedevs.values import column_name, field_of

LET_GO = "let-go"  # the check boxes beside what is held
DURATION = "ISO 8601, e.g. P60DT9H30M; or days and a time, e.g. 60 09:30:00."
NUMBER_ALONE = re.compile(r"[^A-Za-z:]*")  # "132": of what?
ORDER_COUNTS = (
    "The API lists them in this order. To move one to the end: take it out, save, and add it again."
)


def figures(*fields: str, collapsed: bool = True) -> Any:
    """A part of a page that holds figures."""
    return {
        "classes": ("collapse",) if collapsed else (),
        "description": "Empty where the figure is not known.",
        "fields": fields,
    }


class DurationField(forms.DurationField):
    """Shows ISO 8601, as the API does; takes that and Django's own notation."""

    def prepare_value(self, value: Any) -> Any:
        return isodate.duration_isoformat(value) if isinstance(value, timedelta) else value

    def to_python(self, value: Any) -> timedelta | None:
        value = value.strip() if isinstance(value, str) else value
        try:
            if str(value).endswith(("P", "T")):  # nothing after the letter: zero to Django
                raise ValidationError("cut off")
            if value not in self.empty_values and NUMBER_ALONE.fullmatch(str(value)):
                raise ValidationError("seconds to Django")
            duration: timedelta | None = super().to_python(value)
        except ValidationError as error:
            raise ValidationError(
                "“%(value)s” is not a duration. Write it as in P60DT9H30M or 60 09:30:00.",
                code="invalid",
                params={"value": value},
            ) from error
        if duration is not None and abs(duration) > LONGEST:
            raise ValidationError(
                "“%(value)s” is longer than %(days)s days.",
                code="overflow",
                params={"value": value, "days": LONGEST.days},
            )
        return duration


class RecordForm(OpenedForm):
    """What the editor has not touched stays to the letter, and is not validated.

    A browser sends every field of a page, null as "" and each end of a line as CRLF: without
    this, a new name would change the description's null in the API as well. And what upstream
    sent may be null, or longer than its schema says (contract, `observed.json`): that is no
    reason to refuse a new name.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, row in self.instance._state.fields_cache.items():
            if name in self.fields:
                widget: Any = self.fields[name].widget
                getattr(widget, "widget", widget).known = row  # Django wraps a picker
        for name, field in self.fields.items():
            if type(field) is forms.BooleanField and self.initial.get(name, False) is None:
                # A check box shows null as false, and could not change the one to the other.
                self.fields[name] = forms.NullBooleanField(
                    label=field.label, help_text=field.help_text
                )

    @cached_property
    def changed_data(self) -> list[str]:
        """As Django says, but for texts that a browser alone has changed."""
        return [name for name in super().changed_data if not _is_same_text(self[name])]

    def untouched(self) -> set[str]:
        """The fields whose values are those of the row that is being changed."""
        if self.instance._state.adding:
            return set()
        return {field.name for field in self.visible_fields()} - {*self.changed_data}

    def let_go(self) -> list[Any]:
        """The holds that the editor has ticked: these fields are upstream's again."""
        chosen = self.data.getlist(LET_GO) if hasattr(self.data, "getlist") else []
        return [one for one in holds_on(self.instance) if str(one.pk) in chosen] if chosen else []

    refusal = ""  # why the database did not take it

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        if self.refusal:
            self.add_error(None, self.refusal)
        columns = {one.field for one in self.let_go()}
        for name in self.now.keys() & {*self.changed_data}:
            if column_name(self.instance._meta.get_field(name)) in columns:
                self.add_error(name, "Changed here, and let go of below. Only one of them can be.")
        for name in self.untouched():
            self.errors.pop(name, None)
            self.cleaned_data.pop(name, None)  # so that nothing writes it
        return self.cleaned_data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        check_form(self)

    def _get_validation_exclusions(self) -> set[str]:
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return exclusions | self.untouched()


def _is_same_text(field: forms.BoundField) -> bool:
    before, after = field.initial, field.data
    if not isinstance(before, str | None) or not isinstance(after, str):
        return False
    lines = "\n" if isinstance(field.field.widget, forms.Textarea) else ""
    return _letters(before or "", lines) == _letters(after, lines)


def _letters(text: str, line_end: str) -> str:
    """A text as a browser may send it: a control of one line drops the ends of lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", line_end).strip()


class RecordOptions(admin.options.BaseModelAdmin):
    """What the pages and the inlines have in common."""

    form: Any = RecordForm
    help_texts: dict[str, str] = {}  # not the models' own, which the OpenAPI document would repeat
    formfield_overrides = {
        db.DurationField: {
            "form_class": DurationField,
            "help_text": DURATION,
        },
        db.URLField: {"assume_scheme": "https"},
    }

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Every relation: a plain select would list a whole table, once for each field."""
        fields = (*self.opts.fields, *self.opts.many_to_many)
        return [field.name for field in fields if field.is_relation]

    def formfield_for_dbfield(
        self, db_field: db.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if about := self.help_texts.get(db_field.name):
            is_duration = isinstance(db_field, db.DurationField)
            kwargs["help_text"] = f"{about} {DURATION}" if is_duration else about
        if isinstance(db_field, db.CharField | db.TextField):
            kwargs["empty_value"] = None if contract_allows_null(db_field) else ""
        if isinstance(db_field, db.BooleanField) and not contract_allows_null(db_field):
            kwargs["form_class"] = forms.BooleanField
        if db_field.has_default():
            # What is untouched is told by the row, and not by what a hidden field brings back.
            kwargs["show_hidden_initial"] = False
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        model, using = db_field.related_model, kwargs.get("using")
        select = pickers.RecordSelect
        if pictures.is_picture(model):
            select = pickers.PictureSelect
            rows = pictures.with_license(model._default_manager.using(using))
            kwargs = {"form_class": pickers.PictureChoiceField, "queryset": rows, **kwargs}
        kwargs = {"widget": select(db_field, self.admin_site, using=using), **kwargs}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        if isinstance(db_field, OrderedManyToManyField):
            widget = OrderedAutocomplete(db_field, self.admin_site, using=kwargs.get("using"))
            kwargs = {"widget": widget, "help_text": ORDER_COUNTS, **kwargs}
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class RecordInline(RecordOptions, admin.TabularInline):
    """Rows on another record's page."""

    formset = OpenedFormSet
    extra = 0

    def get_queryset(self, request: HttpRequest) -> Any:
        """For a form that is sent, locked."""
        rows = super().get_queryset(request)
        locked = request.method == "POST" and connection.in_atomic_block
        return rows.select_for_update(of=("self",)) if locked else rows


class RecordAdmin(RecordOptions, Exchange, WithHistory):
    """A record's page. What is changed on it is held against the mirror, and shown as held."""

    change_form_template = "admin/record_change_form.html"
    labels: dict[str, str] = {}  # where a field's name is no word; not the models' own either
    list_display: Any = ("id", "label")
    list_display_links: Any = ("id", "label")
    missing: tuple[str, ...] = ()  # the columns without which a record is incomplete
    readonly_fields: ClassVar[Any] = ("id",)
    # The sort key finds "Aérospatiale" for one who types "aerospatiale".
    search_fields: ClassVar[Any] = ("name", "sort_name", "id__exact")

    class Media:
        js = ("admin/unsaved.js",)

    @admin.display(description="name", ordering="sort_name")
    def label(self, row: Any) -> str:
        """The name alone: what tells two of a name apart has columns of its own."""
        return str(row.name)

    def get_queryset(self, request: HttpRequest) -> db.QuerySet:
        rows = super().get_queryset(request)
        return pictures.with_license(rows) if pictures.is_picture(self.model) else rows

    def get_ordering(self, request: HttpRequest) -> Any:
        """Said here too, so that rows that tie in another column are in the order of names."""
        return self.ordering or self.opts.ordering

    def get_list_filter(self, request: HttpRequest) -> Any:
        gaps = (MissingFilter,) if self.missing else ()
        return (*super().get_list_filter(request), *gaps)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Where the database does not take a form, the page comes back with all that was typed."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Error as error:
            if request.method != "POST" or not is_database_away(error):
                raise
            return self.refused(request, error, *args, **kwargs)

    def refused(
        self,
        request: Any,
        error: Exception,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """The form again, with what is wrong. It only reads, and outside of a transaction."""
        answer = database_away(request, error)
        request.refusal = explain(error)
        page = self._changeform_view(request, object_id, form_url, extra_context)
        return as_unavailable(page) if page.status_code == HTTPStatus.OK else answer

    def _changeform_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Django calls it in a transaction, but for a form that was refused."""
        view = super()._changeform_view
        if request.method != "POST" or hasattr(request, "refusal"):
            return view(request, *args, **kwargs)
        if PREVIEW in request.POST:
            seen = []
            rehearse(lambda: seen.append(view(request, *args, **kwargs)))
            return seen[0]
        with step(Step.Kind.EDIT, request.user):
            return view(request, *args, **kwargs)

    def _delete_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with step(Step.Kind.EDIT, request.user):
            return super()._delete_view(request, *args, **kwargs)

    def response_action(self, request: Any, queryset: Any, *args: Any) -> Any:
        with step(Step.Kind.ACTION, request.user):
            return super().response_action(request, queryset, *args)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """The row with what it refers to, which its pickers show.

        For a form that is sent it is locked, so that what the form compares stays.
        """
        rows = self.get_queryset(request).select_related(*self.referred())
        if request.method == "POST" and connection.in_atomic_block:
            rows = rows.select_for_update(of=("self",))
        field = self.opts.get_field(from_field) if from_field else self.opts.pk
        with suppress(self.model.DoesNotExist, ValidationError, ValueError):
            return rows.get(**{field.name: field.to_python(object_id)})
        return None

    def referred(self) -> list[str]:
        """The relations to one; of a picture its licence too, which stands beside it."""
        found = []
        for field in filter(lambda field: field.is_relation, self.opts.concrete_fields):
            is_picture = pictures.is_picture(field.related_model)
            found += [field.name, *([f"{field.name}__license"] if is_picture else [])]
        return found

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        shown = any(self.model is each.queryset.model for each in resources().values())
        context |= {"holds": holds_on(obj) if obj is not None else (), "is_served": shown}
        if obj is not None and pictures.is_picture(self.model):
            context["uses"] = self.uses(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        return page_of(obj) if obj is not None else None

    def response_add(self, request: Any, obj: Any, *args: Any) -> Any:
        return self.previewed(request, obj, False) or super().response_add(request, obj, *args)

    def response_change(self, request: Any, obj: Any) -> Any:
        return self.previewed(request, obj, True) or super().response_change(request, obj)

    def previewed(self, request: Any, obj: Any, change: bool) -> HttpResponse | None:
        """The answers of what was saved a moment ago, and will be taken back."""
        if PREVIEW not in request.POST:
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": f"Preview of {obj}",
            "opts": self.opts,
            "change": change,
            "answers": list(answers(request, obj)),
        }
        return TemplateResponse(request, "admin/preview.html", context)

    def get_form(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **{"labels": self.labels, **kwargs})
        form.refusal = getattr(request, "refusal", "")
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        apart = (OPENED,) if obj else (OPENED, "picture")
        names = (name for name in super().get_fields(request, obj) if name not in apart)
        return sorted(names, key=lambda name: (name != "id", name != "picture"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        if obj and not self.has_change_permission(request, obj):
            shown = [(name, self.with_pictures(options)) for name, options in shown]
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        picture = ("picture",) if pictures.is_picture(self.model) else ()
        return (*super().get_readonly_fields(request, obj), *picture)

    def with_pictures(self, options: Any) -> Any:
        """A part of a page for those who may only look: the picture itself in place of its name."""
        images = {
            field.name: pictures.shown_read_only(field)
            for field in self.opts.fields
            if field.related_model and pictures.is_picture(field.related_model)
        }
        return {**options, "fields": [images.get(name, name) for name in options["fields"]]}

    @admin.display(description="picture")
    def picture(self, obj: Any) -> str:
        return pictures.figure(obj, alone=True)

    def uses(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """Where a record is used, of what whoever asks may see."""
        pages = self.admin_site._registry
        seen = [
            relation
            for relation in protected(self.model)
            if (page := pages.get(relation.related_model)) and page.has_view_permission(request)
        ]
        return [
            {
                "relation": use.relation.field,
                "model": use.relation.related_model._meta,
                "count": use.total,
                "links": [
                    (words.page_of(use.relation.related_model, key), name) for key, name in use.rows
                ],
            }
            for use in uses_of(row, seen)
        ]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change:
            hold_changes(form.instance, form.changed_data)
            for one in form.let_go():
                let_go(one)
        for formset in formsets:
            for row, changed in formset.changed_objects:
                hold_changes(row, changed)

    # One value for many records

    bulk_fields: tuple[str, ...] = ()
    actions: Any = ("set_fields", "export_selected")

    def has_bulk_permission(self, request: HttpRequest) -> bool:
        return bool(self.bulk_fields) and self.has_change_permission(request)

    @admin.action(description="Set fields of the selected records", permissions=["bulk"])
    def set_fields(self, request: Any, queryset: Any) -> HttpResponse | None:
        form_class: Any = self.get_form(request, None, change=True, fields=self.bulk_fields)
        fields = {name: form_class.base_fields[name] for name in self.bulk_fields}
        is_sent = "show" in request.POST or CONFIRMED in request.POST
        form = BulkForm(fields, request.POST if is_sent else None)
        return confirmed(
            request,
            self.admin_site,
            lambda: self.set_values(queryset, form.values()),
            title=f"Set fields of {count(queryset.count())}",
            lead="What it changes is held against the mirror, as every edit is.",
            button="Set them",
            back=request.get_full_path(),
            opts=self.opts,
            inputs=chosen(request),
            form=form,
        )

    def set_values(self, queryset: Any, values: dict[str, Any]) -> None:
        """Sets the fields of each row as its own form would. Raises Refused."""
        recorder: Any = current()
        recorder.touch(self.model, *queryset.values_list("pk", flat=True))
        locked = self.model._base_manager.select_for_update()
        for row in locked.filter(pk__in=queryset.values("pk")).order_by("pk"):
            self.set_row(row, values)

    def set_row(self, row: Any, values: dict[str, Any]) -> None:
        """Sets fields of a row that is locked. Raises Refused where it would be impossible."""
        links = {name for name in values if self.opts.get_field(name).many_to_many}
        changed = [name for name in values if name in links or getattr(row, name) != values[name]]
        for name in {*changed} - links:
            setattr(row, name, values[name])
        if wrong := problems(row, changed):
            raise Refused(f"{row}: {' '.join(each.sentence for each in wrong)}")
        if changed:
            row.save()
        for name in links:
            getattr(row, name).set(values[name])
        hold_changes(row, changed)

    # What is done is in the record's history, and not in Django's log as well.

    def log_addition(self, *args: Any) -> Any: ...

    def log_change(self, *args: Any) -> Any: ...

    def log_deletions(self, *args: Any) -> Any: ...

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list, dict, set, list[str]]:
        """Names an agency that has the country, where Django names the row in between."""
        deleted, counts, missing, protected = super().get_deleted_objects(objs, request)
        for relation in filter(lambda relation: relation.many_to_many, self.opts.related_objects):
            between: Any = relation.through  # type: ignore[attr-defined]
            kind = f"{capfirst(between._meta.verbose_name)}: "
            if any(line.startswith(kind) for line in protected):
                holding = {f"{relation.field.name}__in": objs}
                holders = relation.field.model._default_manager.filter(**holding).distinct()
                protected = [line for line in protected if not line.startswith(kind)]
                protected += map(_link, holders)
        return deleted, counts, missing, protected


def hold_changes(row: Any, fields: Iterable[str]) -> None:
    """Holds what a form changed, as of when its step began."""
    recorder: Any = current()
    before, _ = recorder.touched.get((type(row), row.pk), (None, ""))
    columns = (field_of(type(row), name) for name in fields)
    hold(row, [column_name(column) for column in columns if column], before or {})


def default_options(model: type[db.Model]) -> dict[str, Any]:
    """What a RecordAdmin of this model has to say for itself: nothing, where it has a name."""
    if issubclass(model, NamedModel):
        return {}
    columns = ("id", "__str__")
    return {"list_display": columns, "list_display_links": columns, "search_fields": ("id__exact",)}


def _link(row: db.Model) -> str:
    return format_html("{}: {}", capfirst(row._meta.verbose_name), words.link_to(row))
