"""What every record's page in the admin has: a form that loses nothing, links, autocompletes."""

from datetime import timedelta
from functools import cached_property
from http import HTTPStatus
from typing import Any, ClassVar

import isodate
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import Error
from django.db import models as db
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst

from spacedevs import pickers, pictures
from spacedevs.api.durations import LONGEST
from spacedevs.api.shapes import contract_allows_null
from spacedevs.errors import as_unavailable, database_away, explain, is_database_away
from spacedevs.gaps import MissingFilter
from spacedevs.mirror.admin import let_go_button
from spacedevs.mirror.holds import hold, holds_on
from spacedevs.names import NamedModel
from spacedevs.references import protected, uses_of
from spacedevs.relations import OrderedAutocomplete, OrderedManyToManyField

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


class RecordForm(forms.ModelForm):
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

    refusal = ""  # why the database did not take it

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        if self.refusal:
            self.add_error(None, self.refusal)
        for name in self.untouched():
            self.errors.pop(name, None)
            self.cleaned_data.pop(name, None)  # so that nothing writes it
        return self.cleaned_data

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
            "help_text": "ISO 8601, e.g. P60DT9H30M; or days and a time, e.g. 60 09:30:00.",
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
        if db_field.name in self.help_texts:
            kwargs["help_text"] = self.help_texts[db_field.name]
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


class RecordAdmin(RecordOptions, admin.ModelAdmin):
    """A record's page. What is changed on it is held against the mirror, and shown as held."""

    change_form_template = "admin/record_change_form.html"
    list_display: Any = ("id", "label")
    list_display_links: Any = ("id", "label")
    missing: tuple[str, ...] = ()  # the columns without which a record is incomplete
    readonly_fields: ClassVar[Any] = ("id",)
    # The sort key finds "Aérospatiale" for one who types "aerospatiale".
    search_fields: ClassVar[Any] = ("name", "sort_name", "id__exact")

    @admin.display(description="name", ordering="sort_name")
    def label(self, row: Any) -> str:
        return str(row)

    def get_queryset(self, request: HttpRequest) -> db.QuerySet:
        rows = super().get_queryset(request)
        return pictures.with_license(rows) if pictures.is_picture(self.model) else rows

    def get_ordering(self, request: HttpRequest) -> Any:
        """Said here too, so that rows that tie in another column are in the order of names."""
        return self.opts.ordering

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
        page = self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]
        return as_unavailable(page) if page.status_code == HTTPStatus.OK else answer

    def get_form(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.refusal = getattr(request, "refusal", "")
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        not_here = ("held",) if obj else ("held", "picture")
        names = (name for name in super().get_fields(request, obj) if name not in not_here)
        return sorted(names, key=lambda name: (name != "id", name != "picture"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        if obj and not self.has_change_permission(request, obj):
            shown = [(name, self.with_pictures(options)) for name, options in shown]
        if not (obj and holds_on(obj)):
            return shown
        about = "Changed by hand: a run of the mirror leaves these fields as they are here."
        return [*shown, ("Held", {"description": about, "fields": ("held",)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        picture = ("picture",) if pictures.is_picture(self.model) else ()
        return (*super().get_readonly_fields(request, obj), *picture, "held")

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

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if context.get("original") and pictures.is_picture(self.model):
            context["uses"] = self.uses(request, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

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
                "links": [(_url(use.relation.related_model, key), name) for key, name in use.rows],
            }
            for use in uses_of(row, seen)
        ]

    @admin.display(description="fields")
    def held(self, obj: Any) -> str:
        lines = (
            (one.field, one.upstream_says(), let_go_button(one, "let-go")) for one in holds_on(obj)
        )
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {} {}</li>", lines))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            hold(obj, form.changed_data, form.initial)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        before = {each.instance.pk: each.initial for each in formset.initial_forms}
        for row, changed in formset.changed_objects:
            hold(row, changed, before[row.pk])

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


def default_options(model: type[db.Model]) -> dict[str, Any]:
    """What a RecordAdmin of this model has to say for itself: nothing, where it has a name."""
    if issubclass(model, NamedModel):
        return {}
    columns = ("id", "__str__")
    return {"list_display": columns, "list_display_links": columns, "search_fields": ("id__exact",)}


def _url(model: type[db.Model], key: Any) -> str:
    opts = model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=(key,))


def _link(row: db.Model) -> str:
    kind = capfirst(row._meta.verbose_name)
    return format_html('{}: <a href="{}">{}</a>', kind, _url(type(row), row.pk), row)
