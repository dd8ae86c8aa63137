"""The pickers of relations: what they show, and what they find."""

from typing import Any

from django import forms
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from spacedevs.pictures import credit_of, figure, is_picture, thumbnail_url, with_license


class RecordSelect(AutocompleteSelect):
    """Django's, which asks the database for what is chosen only where the form does not know it."""

    known: Model | None = None  # the row that the form's own refers to

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        row = self.known
        if row is None or [str(each) for each in value] != [str(row.pk)]:
            return super().optgroups(name, value, attrs)
        label = self.choices.field.label_from_instance(row)
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        options.append(self.create_option(name, row.pk, label, True, len(options)))
        return [(None, options, 0)]


class PictureLabel(str):
    """An option's text, with the picture that it stands for: Django's select hands on no more."""

    picture: Any


class PictureChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        label = PictureLabel(obj)
        label.picture = obj
        return label


class PictureSelect(RecordSelect):
    """With the picture of what is chosen in it and beneath it."""

    chosen: Any = None  # the picture, once its option is made

    def build_attrs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**super().build_attrs(*args, **kwargs), "data-width": "32em"}

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> Any:
        option = super().create_option(name, value, label, *args, **kwargs)
        if isinstance(label, PictureLabel):
            about = in_picker(label.picture)
            option["attrs"] |= {f"data-{key}": text for key, text in about.items()}
            self.chosen = label.picture
        return option

    def render(self, *args: Any, **kwargs: Any) -> Any:
        self.chosen = None
        select = super().render(*args, **kwargs)
        return select + figure(self.chosen) if self.chosen else select

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(js=["admin/js/jquery.init.js", "spacedevs/pictures.js"])


def in_picker(picture: Any) -> dict[str, str]:
    """What pictures.js shows of it."""
    return {"thumbnail": thumbnail_url(picture), "credit": credit_of(picture)}


class Autocomplete(AutocompleteJsonView):
    """A picture is found with its thumbnail, and with what has to stand beside it."""

    def has_perm(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change the record that refers to them may pick, if not look."""
        site: Any = self.admin_site
        source = site.get_model_admin(self.source_field.model)
        may_edit = source.has_change_permission(request) or source.has_add_permission(request)
        return may_edit or super().has_perm(request, obj)

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset()
        return with_license(rows) if is_picture(rows.model) else rows

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        found: dict[str, str] = super().serialize_result(obj, to_field_name)
        return {**found, **in_picker(obj)} if is_picture(type(obj)) else found
