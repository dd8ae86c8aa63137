"""Figures that cannot be: an editor is asked to mend them, and upstream's rows may hold them.

A rule compares columns of one row, and with what they refer to. Most follow from the columns: no
number and no duration is negative, a date is of the app's years, and no row is its own ancestor.
The app declares the others in its module `settings.PLAUSIBLE`: `RULES`, by model, and its years.
A rule is asked where one of its columns was changed, and never of a whole table: what upstream says
stays.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from importlib import import_module
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models
from django.forms import ModelForm
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst

from spacedevs import clock
from spacedevs.words import label, show

NUMBERS = (models.IntegerField, models.FloatField, models.DecimalField, models.DurationField)


class Problem(NamedTuple):
    field: str
    sentence: str  # safe where it is a SafeString, with a link


@dataclass(frozen=True)
class Rule:
    """What is asked of a row where one of `fields` was changed.

    `check` gives a sentence for each thing that is wrong, with the values and what is expected. It
    stands at the first of `fields` that was changed. A warning may be confirmed. `bounds`: it says
    which values its one field may have, in place of the rule that follows from the column.
    """

    fields: tuple[str, ...]
    check: Callable[[Any], Iterable[str]]
    is_warning: bool = False
    bounds: bool = False


def problems(
    row: models.Model, changed: Collection[str] | None = None, unread: Collection[str] = ()
) -> list[Problem]:
    """What is wrong with a row, saved or not, whose fields `changed` have their new values.

    None: all fields. `unread`: those that could not be read, so that nothing is said of them.
    """
    return [*_found(row, changed, unread, is_warning=False)]


def warnings(
    row: models.Model, changed: Collection[str] | None = None, unread: Collection[str] = ()
) -> list[Problem]:
    """As problems(): what may be so, and is more likely a mistake."""
    return [*_found(row, changed, unread, is_warning=True)]


def _found(
    row: models.Model,
    changed: Collection[str] | None,
    unread: Collection[str],
    is_warning: bool,
) -> Iterator[Problem]:
    for rule in rules_of(row._meta.concrete_model):
        at = next((name for name in rule.fields if changed is None or name in changed), None)
        if at and rule.is_warning == is_warning and not {*rule.fields} & {*unread}:
            yield from (Problem(at, sentence) for sentence in rule.check(row))


def check_form(form: ModelForm) -> None:
    """Adds what is wrong to a form that has given its row its values.

    A warning comes with a check box, until that is sent back ticked with the same warning.
    """
    changed, unread = form.changed_data, tuple(form.errors)
    for field, sentence in problems(form.instance, changed, unread):
        form.add_error(field, sentence)
    found: dict[str, list[str]] = {}
    for field, sentence in warnings(form.instance, changed, unread):
        found.setdefault(field, []).append(sentence)
    for field, sentences in found.items():
        name = form.add_prefix(f"{field}-all_the_same")
        token = sha256("\n".join(sentences).encode()).hexdigest()
        ticked = form.data.get(name) == token
        if ticked and not form.errors:
            continue
        form.add_error(
            field,
            format_html(
                '{}<br><label class="inline"><input type="checkbox" name="{}" value="{}"{}>'
                " Save it all the same</label>",
                format_html_join(" ", "{}", ((sentence,) for sentence in sentences)),
                name,
                token,
                " checked" if ticked else "",
            ),
        )


# The rules


@cache
def rules_of(model: type[models.Model]) -> tuple[Rule, ...]:
    """A model's rules: those that the app declares, and those that follow from its columns."""
    declared: tuple[Rule, ...] = import_module(settings.PLAUSIBLE).RULES.get(model, ())
    bounded = {rule.fields[0] for rule in declared if rule.bounds}
    derived = (
        rule
        for column in model._meta.concrete_fields
        if column.editable and not column.primary_key and column.name not in bounded
        for rule in _derived(column)
    )
    return (*derived, *declared)


def _derived(column: models.Field) -> Iterator[Rule]:
    if isinstance(column, NUMBERS):
        yield between(column.name, timedelta() if _is_duration(column) else 0)
    elif isinstance(column, models.DateField):
        yield of_the_years(column.name)
    elif column.is_relation and column.related_model is column.model:
        yield no_own_ancestor(column.name)


def _is_duration(column: models.Field) -> bool:
    return isinstance(column, models.DurationField)


def between(field: str, least: Any, most: Any = None) -> Rule:
    """`most`: a value, or what gives one; None: no limit."""

    def check(row: Any) -> Iterator[str]:
        value, limit = getattr(row, field), most() if callable(most) else most
        if value is not None and (value < least or (limit is not None and value > limit)):
            bounds = f"from {show(least)} on" if limit is None else f"from {least} to {limit}"
            kind = "duration" if isinstance(value, timedelta) else "number"
            yield f"“{show(value)}” where a {kind} {bounds} is expected."

    return Rule((field,), check, bounds=True)


def any_number(field: str) -> Rule:
    """A number that may be negative."""
    return Rule((field,), lambda row: (), bounds=True)


def of_the_years(field: str) -> Rule:
    def check(row: Any) -> Iterator[str]:
        yield from out_of_years(getattr(row, field))

    return Rule((field,), check, bounds=True)


def out_of_years(value: date | None) -> Iterator[str]:
    """A sentence where a date or a time is of none of the app's years."""
    app = import_module(settings.PLAUSIBLE)
    last = clock.now().year + app.YEARS_AHEAD
    if value is not None and not app.FIRST_YEAR <= value.year <= last:
        yield f"“{show(value)}” where a year from {app.FIRST_YEAR} to {last} is expected."


def not_to_come(field: str) -> Rule:
    """A time until now."""

    def check(row: Any) -> Iterator[str]:
        value, now = getattr(row, field), clock.now()
        if value is not None and value > now:
            yield f"“{show(value)}” is still to come: a time until {show(now)} is expected."

    return Rule((field,), check)


def no_own_ancestor(field: str) -> Rule:
    """For a relation to the same model."""

    def check(row: Any) -> Iterator[str]:
        line, above = [row], getattr(row, field)
        while above is not None and above not in line:  # upstream's may go round without this row
            line.append(above)
            above = getattr(above, field)
        if above is not None and above == row:
            names = " → ".join(show(each) for each in (*line, row))
            yield f"{names}: {row._meta.verbose_name} that is its own ancestor."

    return Rule((field,), check)


def parts_of(whole: str, *parts: str) -> Rule:
    """The parts together are at most the whole; what is not known is left out."""

    def check(row: Any) -> Iterator[str]:
        total = getattr(row, whole)
        known = [name for name in parts if getattr(row, name) is not None]
        if total is not None and known and sum(getattr(row, name) for name in known) > total:
            names = " + ".join(label(row, name) for name in known)
            values = " + ".join(show(getattr(row, name)) for name in known)
            yield capfirst(
                f"{names} is at most {label(row, whole)}: {values} is more than {total}."
            )

    return Rule((*parts, whole), check)


def in_order(earlier: str, later: str) -> Rule:
    def check(row: Any) -> Iterator[str]:
        first, second = getattr(row, earlier), getattr(row, later)
        if first is not None and second is not None and second < first:
            yield capfirst(
                f"{label(row, later)} is not before {label(row, earlier)}: "
                f"{show(second)} is before {show(first)}."
            )

    return Rule((later, earlier), check)
