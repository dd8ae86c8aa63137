"""Two editors of one record: a form knows what it was opened with.

So it knows what its editor changed, and that alone is written; and what others changed since, in
which case nothing is, until the editor has seen it.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
from django import forms
from django.core import signing
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join

from spacedevs.history.models import Change
from spacedevs.values import UNKNOWN, column_name, denoted, in_words, label_of, names_of, noted

OPENED = "opened_with"  # no name of a column
GONE = "gone"  # what a form says of itself that was refused because its row is not there any more
LOOKED_AT = 50  # changes of a record, for who made them


class CarriedField(forms.CharField):
    """What a form sends along, and no editor changes."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class OpenedForm(forms.ModelForm):
    """A form that sends along what stood in its fields when it was opened."""

    opened_with = CarriedField(required=False)  # signed

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = {name: self._noted(name, self.initial.get(name)) for name in self._named()}
        self.then: dict[str, str] = {}
        self.is_gone = self.is_anew = False  # of a row in a set: OpenedFormSet
        if self.is_bound:
            with suppress(signing.BadSignature):
                self.then = signing.loads(self.data.get(self.add_prefix(OPENED)) or "")
                for name in self.then.keys() & self.now.keys():
                    self.initial[name] = self._read(name, self.then[name])
        if not self.instance._state.adding:
            self.initial[OPENED] = signing.dumps(self.now, compress=True)

    def _named(self) -> Iterator[str]:
        columns = (*self._meta.model._meta.concrete_fields, *self._meta.model._meta.many_to_many)
        return (field.name for field in columns if field.name in self.fields)

    def _noted(self, name: str, value: Any) -> str:
        return noted(list(value) if isinstance(value, QuerySet) else _plain(value))

    def _read(self, name: str, text: str) -> Any:
        return denoted(self._meta.model._meta.get_field(name), orjson.loads(text))

    @cached_property
    def meanwhile(self) -> list[str]:
        """The fields in which the row is not as it was when the form was opened."""
        return [name for name, text in self.then.items() if self.now.get(name, text) != text]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.meanwhile and self._would_write():
            self.add_error(None, ValidationError(self._what_happened(), code="conflict"))
            self._go_on_from_now()
        return cleaned

    def _would_write(self) -> bool:
        """Whether the form would write anything that does not stand there already."""
        if self.is_gone:
            return False
        mine = [name for name in self.changed_data if name in self.now]
        return any(
            name in self.errors or self._noted(name, self.cleaned_data.get(name)) != self.now[name]
            for name in mine
        )

    def _what_happened(self) -> str:
        """Who, when, and field by field what stood there, theirs and mine."""
        model, mine = self._meta.model, {*self.changed_data}
        rows: list[tuple[Any, ...]] = []
        fields = {name: model._meta.get_field(name) for name in self.now}
        shown = [name for name in self.now if name in self.meanwhile or name in mine]
        sides = {name: (self.then.get(name), self.now[name], self._typed(name)) for name in shown}
        read = {name: [orjson.loads(text or "null") for text in sides[name]] for name in shown}
        names = names_of((fields[name], value) for name in shown for value in read[name])
        for name in shown:
            was, theirs, ours = (in_words(fields[name], value, names) for value in read[name])
            rows.append(
                (self.fields[name].label or name, was, theirs, ours if name in mine else UNKNOWN)
            )
        head = format_html(
            "Not saved: this form was opened before {} saved the record. What you changed still "
            "stands below. Look, and save again to write it.",
            self._who(),
        )
        body = format_html_join("", "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
        return format_html(
            '{}<table class="conflict"><thead><tr><th>Field</th><th>Was</th><th>Theirs</th>'
            "<th>Yours</th></tr></thead><tbody>{}</tbody></table>",
            head,
            body,
        )

    def _typed(self, name: str) -> str:
        """What this form says of a field, noted; as it was typed, where that can't be read."""
        if name in self.cleaned_data:
            return self._noted(name, self.cleaned_data[name])
        field = self[name]
        typed = field.data
        with suppress(ValidationError, ValueError, TypeError):
            typed = field.field.clean(typed)
        return self._noted(name, typed)

    def _who(self) -> str:
        columns = {column_name(self._meta.model._meta.get_field(name)) for name in self.meanwhile}
        changes = Change.objects.filter(
            model=label_of(self._meta.model), key=str(self.instance.pk)
        ).select_related("step")
        said: dict[str, Any] = {}
        for change in changes[:LOOKED_AT]:
            if columns & change.pairs().keys():
                said.setdefault(change.step.by, change.step.moment)
            columns -= change.pairs().keys()
            if not columns:
                break
        whom = [f"{by} ({moment:%Y-%m-%d %H:%M:%S} UTC)" for by, moment in said.items()]
        return " and ".join(whom) or "somebody"

    def _go_on_from_now(self) -> None:
        """The page shows what stands there now, with what was changed here."""
        mine = {*self.changed_data}
        for name in self.now:
            if name not in mine:
                self.show(name, self._read(name, self.now[name]))
        self.show(OPENED, self.initial[OPENED])

    def show(self, name: str, value: Any) -> None:
        """What a control shows, whatever the browser has sent for it."""
        self.fields[name].bound_data = lambda data, initial: value  # type: ignore[method-assign]


def _plain(value: Any) -> Any:
    """A cleaned value as an initial one: rows by their keys."""
    return value.pk if isinstance(value, Model) else value


class OpenedFormSet(BaseInlineFormSet):
    """Rows of which one may be gone since the page was opened.

    One that nothing was typed into is left out. What was typed into it stands there still, and is a
    new row when it is saved again.
    """

    initial_forms: list[Any]
    model: Any

    def get_queryset(self) -> Any:
        """Once the forms are there, a row for each: Django's page walks through both at once."""
        if self.is_bound and "forms" in self.__dict__:
            return [form.instance for form in self.initial_forms]
        return super().get_queryset()

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        if self.is_bound and i < self.initial_form_count() and form.instance._state.adding:
            form.is_gone = True
            form.is_anew = form.data.get(form.add_prefix(OPENED)) == GONE
            form.empty_permitted = not form.is_anew
            form.fields[self.model._meta.pk.name] = CarriedField(required=False)
        return form

    def clean(self) -> None:
        super().clean()
        for form in self.initial_forms:
            if form.is_gone and not form.is_anew and form.has_changed():
                if self.can_delete and self._should_delete_form(form):  # type: ignore[attr-defined]
                    continue
                form.add_error(
                    NON_FIELD_ERRORS,
                    "Not saved: this row was deleted meanwhile. What you typed still stands here. "
                    "Save again to make a new row of it, or tick Delete to let it go.",
                )
                form.show(OPENED, GONE)

    def save_new_objects(self, commit: bool = True) -> list[Any]:
        saved: list[Any] = super().save_new_objects(commit)
        for form in self.initial_forms:
            if form.is_anew and form not in self.deleted_forms:
                row = self.save_new(form, commit=commit)
                self.new_objects.append(row)
                saved.append(row)
                if not commit:
                    self.saved_forms.append(form)
        return saved
