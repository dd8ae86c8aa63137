"""Filters, search, ordering: for each, what it does, what its page says, and its parameters."""

from collections.abc import Mapping
from decimal import Decimal
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.db.models import F, IntegerField, ManyToManyField, Model, Q, QuerySet, TextField
from django_filters import rest_framework
from django_filters.fields import ModelMultipleChoiceField
from django_filters.widgets import BooleanWidget
from rest_framework import filters
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from spacedevs import clock
from spacedevs.api.description import Section, Words, example
from spacedevs.indexes.trigrams import TRIGRAM, having
from spacedevs.names import sort_fields
from spacedevs.running import RunningDurationField

# What an integer column of either database can hold.
SMALLEST, LARGEST = -(2**63), 2**63 - 1


class WholeNumberField(forms.DecimalField):
    """A whole number of 64 bits, bounded before it is an int: 1e999999999 is short to write."""

    # What is no number, a browser would not show in an input of numbers.
    widget = forms.TextInput({"inputmode": "numeric"})
    default_error_messages = {"fraction": "Enter a whole number."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"min_value": SMALLEST, "max_value": LARGEST, "decimal_places": None, **kwargs}
        )

    def clean(self, value: Any) -> int | None:
        number: Decimal | None = super().clean(value)
        if number is None:
            return None
        if number != number.to_integral_value():
            raise forms.ValidationError(self.error_messages["fraction"], code="fraction")
        return int(number)


class NumberFilter(django_filters.NumberFilter):
    field_class = WholeNumberField

    def get_max_validator(self) -> None:
        return None  # the field's own bounds are narrower


class RelatedRowsField(ModelMultipleChoiceField):
    """Ids of related rows. Django asks for one beyond 64 bits too, and SQLite fails at it."""

    def clean(self, value: Any) -> Any:
        for pk in value or ():
            if pk.strip().lstrip("-").isdecimal() and not SMALLEST <= Decimal(pk) <= LARGEST:
                words = self.error_messages["invalid_choice"]
                raise forms.ValidationError(words, code="invalid_choice", params={"value": pk})
        return super().clean(value)


class RelatedRowsFilter(django_filters.ModelMultipleChoiceFilter):
    field_class = RelatedRowsField


class FilterSet(rest_framework.FilterSet):
    """django-filter's, with long texts, and without a fault at numbers that no column holds."""

    base_filters: Mapping[str, Any]

    FILTER_DEFAULTS = rest_framework.FilterSet.FILTER_DEFAULTS | {
        IntegerField: {"filter_class": NumberFilter},
        TextField: {"filter_class": django_filters.CharFilter},
        ManyToManyField: {
            **rest_framework.FilterSet.FILTER_DEFAULTS[ManyToManyField],
            "filter_class": RelatedRowsFilter,
        },
    }

    def __init__(self, data: Any = None, *args: Any, in_use: bool = False, **kwargs: Any) -> None:
        """`in_use`: of the filters that `data` names alone."""
        if in_use:
            all_of_them = type(self).base_filters.items()
            self.base_filters = {name: each for name, each in all_of_them if name in data}
        super().__init__(data, *args, **kwargs)


class WordsFilter(django_filters.BaseInFilter, django_filters.CharFilter):
    """Several values with commas, any of which may match."""


class ResourceFilterBackend(rest_framework.DjangoFilterBackend):
    """DRF's backend of django-filter, which also says its parameters on the page."""

    in_use = False

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> Any:
        """By those that are asked for: a form of all would take longer than the rest of a list."""
        self.in_use = True
        return super().filter_queryset(request, queryset, view)

    def get_filterset_kwargs(self, request: Request, queryset: QuerySet, view: Any) -> Any:
        kwargs = super().get_filterset_kwargs(request, queryset, view)
        return {**kwargs, "in_use": self.in_use}

    @staticmethod
    def names(view: Any) -> tuple[str, ...]:
        return tuple(sorted(view.filterset_class.base_filters)) if view.filterset_class else ()

    def sections(self, view: Any) -> list[Section]:
        names = self.names(view)
        if not names:
            return []
        words = Words("Parameters", names)
        return [Section("Filters", (words, example(view, view.examples.filter)))]

    @staticmethod
    def form_fields(view: Any) -> dict[str, forms.Field]:
        fields = (
            view.filterset_class(request=view.request).form.fields if view.filterset_class else {}
        )
        for field in fields.values():
            if isinstance(field.widget, BooleanWidget):
                any_of_both = settings.FILTERS_EMPTY_CHOICE_LABEL
                field.widget.choices = [("", any_of_both), ("true", "yes"), ("false", "no")]
        return dict(fields)


BEGINS = "^"  # before a searched field: each word is how it begins, and not anywhere in it


class Search(filters.SearchFilter):
    """DRF's SearchFilter, bounded: a request of thousands of words would hold the database.

    Every word of `search` must occur in one of the resource's `search_fields`. Without any, the
    OpenAPI document has no `search` either. A word is looked for in each field by itself, where
    its trigrams are an index: no index serves an OR over a join.
    """

    max_words = 32
    max_characters = 512
    most_sought = 4  # words, by their trigrams; what has these is asked for the others
    search_description = "Words that must all occur in the fields searched; case does not count."

    def get_search_terms(self, request: Request) -> list[str]:
        given = request.query_params.get(self.search_param, "")
        if len(given) > self.max_characters:
            raise self.refused(f"{len(given)} characters; {self.max_characters} are the most.")
        try:
            terms: list[str] = super().get_search_terms(request)
        except ValidationError as error:
            raise ValidationError({self.search_param: error.detail}) from error
        if len(terms) > self.max_words:
            raise self.refused(f"{len(terms)} words; {self.max_words} are the most.")
        return terms

    def refused(self, why: str) -> ValidationError:
        return ValidationError({self.search_param: [why]})

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        fields, terms = self.get_search_fields(view, request), self.get_search_terms(request)
        # Through a relation to many, all words have to be in one of its rows: DRF's own does that.
        # So it does for a field that has to begin with them.
        begins = any(field.startswith(BEGINS) for field in fields or ())
        if not fields or not terms or begins or self.must_call_distinct(queryset, fields):
            return super().filter_queryset(request, queryset, view)
        words = sorted(
            {term for term in terms if len(term) >= TRIGRAM}, key=lambda word: -len(word)
        )
        sought = words[: self.most_sought]  # the longest: the fewest rows have them
        for term in set(terms).difference(sought):
            anywhere = (Q(**{f"{field}__icontains": term}) for field in fields)
            queryset = queryset.filter(reduce(or_, anywhere))
        return having(queryset, fields, sought) if sought else queryset

    def sections(self, view: Any) -> list[Section]:
        if not view.search_fields:
            return []
        names = tuple(name.lstrip(BEGINS) for name in view.search_fields)
        words = Words("Fields searched", names)
        return [
            Section("Search", (words, example(view, f"{self.search_param}={view.examples.search}")))
        ]

    def form_fields(self, view: Any) -> dict[str, forms.Field]:
        widget = forms.TextInput({"type": "search"})
        return {self.search_param: forms.CharField(widget=widget)} if view.search_fields else {}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return super().get_schema_operation_parameters(view) if view.search_fields else []


class Ordering(filters.OrderingFilter):
    """DRF's OrderingFilter, the same on every database: nulls, names, ties and what runs.

    `ordering`, else the view set's, else the model's own order; `id` breaks every tie.
    """

    max_terms = 10
    ordering_description = "The fields to order by, with commas; - before one for descending."

    def get_ordering(self, request: Request, queryset: QuerySet, view: Any) -> list[str]:
        given = request.query_params.get(self.ordering_param, "").split(",")
        if len(given) > self.max_terms:
            raise ValidationError(
                {self.ordering_param: [f"{len(given)} terms; {self.max_terms} are the most."]}
            )
        fields = [term.strip() for term in given]
        return self.remove_invalid_fields(queryset, fields, view, request)

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        asked = self.get_ordering(request, queryset, view)
        terms = asked or view.ordering or queryset.model._meta.ordering
        if not any(term.lstrip("-") in ("id", "pk") for term in terms):
            terms = [*terms, "id"]
        return queryset.order_by(*(self.column(queryset.model, term, request) for term in terms))

    @staticmethod
    def column(model: type[Model], term: str, request: Any) -> Any:
        """Nulls as PostgreSQL, and so upstream, puts them: last, or first when descending."""
        name = term.lstrip("-")
        field: Any = sort_fields(model).get(name) or model._meta.get_field(name)
        runs = isinstance(field, RunningDurationField)
        column = field.expression(clock.lives(request)) if runs else F(field.name)
        # Said where there can be any: SQLite has them the other way in an index, and reads it in
        # two rounds then, but not for the column that breaks ties.
        nulls = True if field.null else None
        return (
            column.desc(nulls_first=nulls) if term.startswith("-") else column.asc(nulls_last=nulls)
        )

    def sections(self, view: Any) -> list[Section]:
        if not view.ordering_fields:
            return []
        words = Words("Fields", view.ordering_fields)
        shown = example(view, f"{self.ordering_param}={view.examples.ordering}")
        return [Section("Ordering", (words, shown))]

    def form_fields(self, view: Any) -> dict[str, forms.Field]:
        """Each field up and down; and what was asked for, which may be several."""
        asked = view.request.query_params.get(self.ordering_param, "")
        terms = dict.fromkeys(
            chain(*((name, f"-{name}") for name in view.ordering_fields), [asked])
        )
        choices = [("", "default"), *((term, term) for term in terms if term)]
        return {self.ordering_param: forms.ChoiceField(choices=choices)} if terms else {}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return super().get_schema_operation_parameters(view) if view.ordering_fields else []
