"""The column for opaque JSON."""

from collections.abc import Sequence
from typing import Any

import orjson
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.fields import InvalidJSONInput
from django.utils.module_loading import import_string

from spacedevs.api.incoming import arrange, arrange_many, unsafe_urls
from spacedevs.parts.whole import complete
from spacedevs.parts.widget import PartWidget


class OpaqueJSONFormField(forms.JSONField):
    """JSON that a person can read: indented, nothing escaped, and empty where there is none."""

    def prepare_value(self, value: Any) -> Any:
        if value in (None, []):
            return ""
        if isinstance(value, InvalidJSONInput):
            return value
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, to the letter: a number may have more digits than are taken."""
        return data if data is None else InvalidJSONInput(data)

    def has_changed(self, initial: Any, data: Any) -> bool:
        if initial in (None, []) and not (data or "").strip():
            return False
        changed: bool = super().has_changed(initial, data)
        return changed


class OpaqueJSONField(models.TextField):
    """An object, or a list of them, of the shape that a dotted path names.

    Text, and not the database's own JSON: PostgreSQL's would lose the order of the keys.
    """

    heavy = True  # not read where it is not shown

    def __init__(self, shape: str, many: bool = False, **kwargs: Any) -> None:
        self.shape, self.many = shape, many
        default = {"default": list} if many else {}
        super().__init__(**{"null": True, "blank": True, **default, **kwargs})

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "shape": self.shape, "many": self.many}

    def from_db_value(self, value: str | None, *args: Any) -> Any:
        return None if value is None else orjson.loads(value)

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise ValidationError(f"{value[:80]!r} is no JSON: {error}") from error

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else orjson.dumps(value).decode()

    def value_to_string(self, obj: models.Model) -> Any:
        return self.value_from_object(obj)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        """The value with all keys of its shape, in the contract's order.

        Raises:
            ValidationError: naming each key that is not as its shape says.
        """
        if value in ("", None):
            return [] if self.many else None
        value, shape = self.to_python(value), import_string(self.shape)
        if self.many and not isinstance(value, list):
            raise ValidationError("A list is expected.")
        problems: list[str] = []
        unknown: set[str] = set()
        arranged = (arrange_many if self.many else arrange)(shape, value, problems, unknown)
        if not problems:
            problems += unsafe_urls(shape, arranged)
            arranged = complete(shape, arranged, problems)
        problems += [f"{key}: is no key of the contract" for key in sorted(unknown)]
        if problems:
            raise ValidationError([f"{problem}." for problem in problems])
        return arranged

    def formfield(self, **kwargs: Any) -> Any:
        return super(models.TextField, self).formfield(
            # Whatever widget there is for other texts.
            **{**kwargs, "widget": PartWidget(self.shape, self.many)},
            form_class=OpaqueJSONFormField,
        )
