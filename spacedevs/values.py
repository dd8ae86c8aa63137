"""A row's values as JSON and in words: what is held of it, and what its history says.

A column's name is `status_id` for a relation to one, and `country` for one to many.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.text import Truncator, capfirst

from spacedevs.names import NamedModel, SortKeyField
from spacedevs.opaque_json import OpaqueJSONField
from spacedevs.words import show

SHOWN = 200  # characters of a value
UNKNOWN = "–"


def label_of(model: type[Model]) -> str:
    """The name by which the tables of holds and changes know a model: `spacecraft.agency`."""
    return str(model._meta.label_lower)


def column_name(field: Any) -> str:
    return str(field.name if field.many_to_many else field.attname)


def columns_of(model: type[Model]) -> list[Any]:
    """The fields that say something: not the key, and not what follows from another."""
    fields = (*model._meta.concrete_fields, *model._meta.many_to_many)
    return [field for field in fields if not (field.primary_key or isinstance(field, SortKeyField))]


def field_of(model: type[Model], column: str) -> Any:
    """The field of a column; None where the model has lost it since."""
    try:
        return model._meta.get_field(column)
    except FieldDoesNotExist:
        return None


def noted(value: Any) -> str:
    """A value as JSON: a time as RFC 3339, a row as its key."""
    if isinstance(value, list | tuple):
        value = [item.pk if isinstance(item, Model) else item for item in value]
    return orjson.dumps(value, default=str).decode()


def snapshots(model: type[Model], keys: Iterable[Any]) -> dict[Any, dict[str, str]]:
    """What stands in these rows now, noted, by key and column. A row that is not there is left out.

    One query, and one for each relation to many.
    """
    rows: dict[Any, Any] = model._base_manager.in_bulk(list(keys))
    found = {pk: snapshot(row) for pk, row in rows.items()}
    for field in model._meta.many_to_many:
        for pk, linked in links_of(field, rows).items():
            found[pk][field.name] = noted(linked)
    return found


def snapshot(row: Model) -> dict[str, str]:
    """What stands in a row's own columns, noted: its relations to many stand in other tables."""
    columns = (field for field in columns_of(type(row)) if not field.many_to_many)
    return {field.attname: noted(getattr(row, field.attname)) for field in columns}


def links_of(field: Any, keys: Iterable[Any]) -> dict[Any, list[Any]]:
    """The keys of the rows that each of these rows is linked to, in their order."""
    own, other = field.m2m_column_name(), field.m2m_reverse_name()
    linked: dict[Any, list[Any]] = {key: [] for key in keys}
    links = field.remote_field.through._base_manager.filter(**{f"{own}__in": list(linked)})
    for pk, key in links.order_by("pk").values_list(own, other):
        linked[pk].append(key)
    return linked


def denoted(field: Any, value: Any) -> Any:
    """A noted value, without its JSON, as the column holds it; of a relation the keys."""
    if field.is_relation or isinstance(field, OpaqueJSONField):
        return value
    return field.to_python(value)


def set_value(row: Any, column: str, value: Any) -> list[Any]:
    """Puts a noted value, without its JSON, into a row that is not saved yet.

    Returns:
        The keys of the rows that the value names and that are not there: nothing is put then.
    """
    field = row._meta.get_field(column)
    if not field.is_relation:
        setattr(row, field.attname, denoted(field, value))
        return []
    wanted = [field.target_field.to_python(key) for key in _keys(value)]
    there = field.related_model._base_manager.in_bulk(wanted)
    if missing := [key for key in wanted if key not in there]:
        return missing
    if field.many_to_many:
        getattr(row, field.name).set([there[key] for key in wanted])
    else:
        setattr(row, field.attname, wanted[0] if wanted else None)
    return []


def _keys(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


# In words

Names = dict[tuple[type[Model], str], str]


def names_of(values: Iterable[tuple[Any, Any]]) -> Names:
    """The names of the rows that relations lead to; `values`: fields, each with a noted value.

    One query for each model.
    """
    wanted: dict[type[Model], set[str]] = defaultdict(set)
    for field, value in values:
        if field is not None and field.is_relation:
            wanted[field.related_model] |= {str(key) for key in _keys(value)}
    found = ((model, names_of_rows(model, keys)) for model, keys in wanted.items() if keys)
    return {(model, key): name for model, names in found for key, name in names.items()}


def names_of_rows(model: type[Model], keys: Iterable[Any]) -> dict[str, str]:
    """By key, what `str()` says of each row. One query."""
    rows: Any = model._base_manager.filter(pk__in=list(keys))
    if model.__str__ is NamedModel.__str__:
        return {str(pk): name for pk, name in rows.values_list("pk", "name")}
    labelled = getattr(model, "with_labels", lambda rows: rows)
    return {str(row.pk): str(row) for row in labelled(rows)}


def in_words(field: Any, value: Any, names: Names) -> str:
    """A noted value, without its JSON, for people. `names`: of the rows that it leads to."""
    if field is not None and field.is_relation:
        model = field.related_model
        return ", ".join(names.get((model, str(key)), f"#{key}") for key in _keys(value)) or UNKNOWN
    if value is None or value == [] or value == "":
        return UNKNOWN
    if isinstance(value, bool):
        return capfirst(show(value))
    if isinstance(value, dict | list):
        return Truncator(orjson.dumps(value).decode()).chars(SHOWN)
    plain = denoted(field, value) if field is not None else value
    return show(plain, SHOWN)


def differences(
    field: Any, before: Any, after: Any, names: Names
) -> Iterator[tuple[str, str, str]]:
    """What differs, and from what to what: of opaque JSON each key, by its path."""
    if isinstance(before, dict | list) and isinstance(after, dict | list) and not field.is_relation:
        yield from _within("", before, after)
    else:
        yield "", in_words(field, before, names), in_words(field, after, names)


def _within(path: str, before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            yield from _within(f"{path}.{key}".lstrip("."), before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list):
        for number in range(max(len(before), len(after))):
            sides = (side[number] if number < len(side) else None for side in (before, after))
            yield from _within(f"{path}[{number}]", *sides)
    else:
        yield path, _short(before), _short(after)


def _short(value: Any) -> str:
    """A part of opaque JSON: an object by its name, where it has one."""
    if isinstance(value, dict) and isinstance(name := value.get("name"), str):
        return Truncator(name).chars(SHOWN)
    return in_words(None, value, {})


def name_of_column(model: type[Model], column: str) -> str:
    field = field_of(model, column)
    return capfirst(field.verbose_name) if field is not None else column
