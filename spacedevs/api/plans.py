"""From a serializer to its queries. The only file that names select_related or prefetch_related.

A plan is a walk over the nested serializers. A to-one relation is joined where its own tree of
joins is small, and fetched once for the page where it is large: on PostgreSQL a join over a dozen
tables spends longer in the planner than in the tables, and a row that many rows share is read and
made once. A to-many relation is always fetched once
for the page. So the number of queries is a constant of the serializer, however many rows.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, Prefetch, QuerySet
from rest_framework import serializers

# Tables that one to-one relation may bring into a join, itself included. Measured with 0 to 20, on
# both databases: fewer costs queries (40 at 0 in spacecraft detailed, 17 at 3, 13 at 20) and more
# costs time (a list of 100 in normal mode: 28 ms at 3, 77 ms from 6 on).
MAX_JOINED = 3


@dataclass
class Plan:
    """What is joined to a model's rows, what is fetched beside them, and what is left unread."""

    model: type[Model]
    select_related: list[str] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)
    prefetched: dict[str, "Plan"] = field(default_factory=dict)

    def apply(self, queryset: QuerySet) -> QuerySet:
        if self.select_related:
            queryset = queryset.select_related(*self.select_related)
        if self.deferred:
            queryset = queryset.defer(*self.deferred)
        return queryset.prefetch_related(
            *(
                Prefetch(path, queryset=plan.apply(plan.model._default_manager.all()))
                for path, plan in self.prefetched.items()
            )
        )

    def add(self, relation: Any, plan: "Plan") -> None:
        """Bring in what `plan` says of the relation's own model."""
        to_many = relation.many_to_many or relation.one_to_many
        name = accessor(relation)
        if to_many or 1 + len(plan.select_related) > MAX_JOINED:
            self.prefetched[name] = plan
            return
        self.select_related += [name, *(f"{name}__{path}" for path in plan.select_related)]
        self.deferred += [f"{name}__{column}" for column in plan.deferred]
        self.prefetched |= {f"{name}__{path}": below for path, below in plan.prefetched.items()}


def plan_of(serializer_class: type[serializers.BaseSerializer]) -> Plan:
    return _plan_of(serializer_class)  # type: ignore[arg-type]  # the stubs' class has no hash


@cache
def _plan_of(serializer_class: Any) -> Plan:
    return _walk(serializer_class())


def _walk(serializer: Any) -> Plan:
    model = serializer.Meta.model
    plan = Plan(model, deferred=unread(serializer))
    for name, child in serializer.fields.items():
        if isinstance(child, serializers.SerializerMethodField):
            raise ImproperlyConfigured(
                f"{type(serializer).__name__}.{name} is a SerializerMethodField: "
                "what it reads can't be seen by the plan."
            )
        if child.write_only or child.source == "*":
            continue
        relation = relation_of(model, child.source.split(".")[0])
        if relation is not None:
            plan.add(relation, _plan_below(child, relation))
    return plan


def unread(serializer: Any) -> list[str]:
    """The columns of a shape's rows that are not read."""
    shown = {child.source for child in serializer.fields.values()}
    return [column for column in heavy(serializer.Meta.model) if column not in shown]


def heavy(model: type[Model]) -> list[str]:
    """The columns that are not read where they are not shown."""
    return [column.name for column in model._meta.fields if getattr(column, "heavy", False)]


def relation_of(model: type[Model], name: str) -> Any:
    """The relation that the attribute `name` of a row follows, if it is one."""
    relations = (field for field in model._meta.get_fields() if field.is_relation)
    return next((relation for relation in relations if accessor(relation) == name), None)


def accessor(relation: Any) -> str:
    """The attribute by which a row reaches its relation, forwards or backwards."""
    return str(relation.name if relation.concrete else relation.get_accessor_name())


def _plan_below(child: Any, relation: Any) -> Plan:
    if isinstance(child, serializers.ListSerializer):
        child = child.child
    if isinstance(child, serializers.BaseSerializer):
        return _walk(child)
    related = relation.related_model
    return Plan(
        related, deferred=heavy(related)
    )  # a column of the related row, by a slug or a dotted source


class Through(NamedTuple):
    """The table of a many-to-many relation, and its foreign keys as the relation's model sees
    them: `own` leads to a row of it, `other` to one that the relation shows.
    """

    model: Any
    own: str
    other: str


def through_of(relation: Any) -> Through:
    """`relation`: many-to-many, in either direction."""
    field = relation if relation.concrete else relation.field
    names = [field.m2m_field_name(), field.m2m_reverse_field_name()]
    own, other = names if relation.concrete else reversed(names)
    return Through(field.remote_field.through, own, other)
