"""A record's form: what is not touched stays to the letter, and is not validated."""

import re
from datetime import timedelta
from functools import cached_property
from typing import Any

import isodate
from django import forms
from django.core.exceptions import ValidationError

from spacedevs.api.durations import LONGEST
from spacedevs.mirror.holds import holds_on
from spacedevs.opened import OpenedForm
from spacedevs.plausible import check_form
from spacedevs.values import column_name

LET_GO = "let-go"  # the check boxes beside what is held
DURATION = "ISO 8601, e.g. P60DT9H30M; or days and a time, e.g. 60 09:30:00."
NUMBER_ALONE = re.compile(r"[^A-Za-z:]*")  # "132": of what?


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
