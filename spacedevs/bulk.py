"""One value for many records: chosen fields of the rows that are selected in a list."""

from typing import Any

from django import forms

CHOSEN = "set_"  # before a field's name: the check box that says it is meant


class BulkForm(forms.Form):
    """A check box for each field, and what the field is to hold."""

    def __init__(self, fields: dict[str, Any], data: Any) -> None:
        super().__init__(data)
        for name, field in fields.items():
            label = str(field.label or name)
            self.fields[CHOSEN + name] = forms.BooleanField(label=f"Set {label}", required=False)
            field.required, field.label = False, f"{label}: to what"
            self.fields[name] = field

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.values():
            raise forms.ValidationError("Tick what is to be set.")
        return cleaned

    def values(self) -> dict[str, Any]:
        """What was ticked."""
        names = [name.removeprefix(CHOSEN) for name in self.fields if name.startswith(CHOSEN)]
        chosen = [name for name in names if self.cleaned_data.get(CHOSEN + name)]
        return {name: self.cleaned_data.get(name) for name in chosen}
