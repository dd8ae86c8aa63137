"""The form of a list's page: whatever the list can be asked for, as it was asked."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict

from spacedevs.api.filters import Ordering, Search
from spacedevs.api.modes import MODE_PARAM
from spacedevs.api.pagination import ResourcePagination


class FilterForm(forms.Form):
    """`faults`: what a 400 says, by parameter. Nothing is checked twice."""

    use_required_attribute = False
    # What every list has comes before the filters.
    field_order = (
        Search.search_param,
        Ordering.ordering_param,
        MODE_PARAM,
        ResourcePagination.limit_query_param,
    )

    def __init__(self, view: Any, faults: Mapping[str, Any]) -> None:
        asked = view.request.query_params
        super().__init__(asked, label_suffix="")
        self.fields.update(view.form_fields())
        self.order_fields(self.field_order)
        self.faults = {name: fault for name, fault in faults.items() if name in self.fields}
        for name in self.faults:
            widget: Any = self.fields[name].widget
            if isinstance(widget, forms.Select):  # a choice that is none is shown too
                widget.choices = [*widget.choices, *((each, each) for each in asked.getlist(name))]
        for name in list(self.faults)[:1]:
            self.fields[name].widget.attrs["autofocus"] = True

    @property
    def errors(self) -> ErrorDict:
        return ErrorDict(
            {
                name: self.error_class(fault, field_id=self[name].auto_id)
                for name, fault in self.faults.items()
            }
        )
