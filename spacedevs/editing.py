"""What every record's page in the admin has: a form that loses nothing, links, autocompletes."""

from contextlib import suppress
from http import HTTPStatus
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import Error, connection
from django.db import models as db
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.text import capfirst

from spacedevs import pickers, pictures, words
from spacedevs.actions import count
from spacedevs.api.shapes import contract_allows_null
from spacedevs.bulk import WithBulkEdit, hold_changes
from spacedevs.errors import as_unavailable, database_away, explain, is_database_away
from spacedevs.exchange import Exchange
from spacedevs.gaps import MissingFilter
from spacedevs.history.admin import WithHistory
from spacedevs.history.models import Step
from spacedevs.history.steps import rehearse, step
from spacedevs.mirror.holds import holds_on, let_go
from spacedevs.names import NamedModel
from spacedevs.opened import OPENED, OpenedFormSet
from spacedevs.preview import PREVIEW, WithPreview, is_served
from spacedevs.record_form import DURATION, DurationField, RecordForm
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


class RecordAdmin(RecordOptions, Exchange, WithBulkEdit, WithPreview, WithHistory):
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

    def delete_model(self, request: Any, obj: Any) -> None:
        with step(Step.Kind.EDIT, request.user):
            super().delete_model(request, obj)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        with step(Step.Kind.ACTION, request.user, f"Delete {count(queryset.count())}"):
            super().delete_queryset(request, queryset)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """The row with what it refers to, which its pickers show.

        For a form that is sent it is locked, so that what the form compares stays.
        """
        rows = self.get_queryset(request).select_related(*self.referred())
        if request.method == "POST" and connection.in_atomic_block:
            rows = rows.select_for_update(of=("self",))
        field: Any = self.opts.get_field(from_field) if from_field else self.opts.pk
        with suppress(self.model.DoesNotExist, ValidationError, ValueError):
            return rows.get(**{field.name: field.to_python(object_id)})
        return None

    def referred(self) -> list[str]:
        """The relations to one; of a picture its licence too, which stands beside it."""
        relations: Any = [field for field in self.opts.concrete_fields if field.is_relation]
        shown = [field for field in relations if pictures.is_picture(field.related_model)]
        return [field.name for field in relations] + [f"{field.name}__license" for field in shown]

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        context["is_served"] = is_served(self.model)
        if obj is not None:
            context |= self.page_context(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page of a record that is there shows beside its form."""
        uses = self.uses(request, row) if pictures.is_picture(self.model) else ()
        return {"holds": holds_on(row), "uses": uses}

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
                    (words.admin_url(use.relation.related_model, key), name)
                    for key, name in use.rows
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

    actions: Any = ("set_fields", "export_selected")

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


def default_options(model: type[db.Model]) -> dict[str, Any]:
    """What a RecordAdmin of this model has to say for itself: nothing, where it has a name."""
    if issubclass(model, NamedModel):
        return {}
    columns = ("id", "__str__")
    return {"list_display": columns, "list_display_links": columns, "search_fields": ("id__exact",)}


def _link(row: db.Model) -> str:
    return format_html("{}: {}", capfirst(row._meta.verbose_name), words.link_to(row))
