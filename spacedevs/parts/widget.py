"""The control of a part: the JSON that is sent, and what the page makes a form of it with."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html, json_script
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

from spacedevs.parts.description import describe


class PartWidget(forms.Textarea):
    """A text area with JSON of the shape that a dotted path names, described beside it.

    The text area is all that is sent. Where scripts run, `parts/form.js` shows a form in its
    place and writes each edit into it.
    """

    class Media:
        js = (forms.Script("admin/parts/form.js", type="module"),)
        css = {"all": ("admin/parts/form.css",)}

    def __init__(self, shape: str, many: bool) -> None:
        super().__init__({"class": "vLargeTextField", "spellcheck": "false"})
        self.shape, self.many = shape, many

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return format_html(
            '<div class="part" data-search="{}">{}{}</div>',
            reverse("parts"),
            super().render(name, value, attrs, renderer),
            json_script(describe(import_string(self.shape), self.many)),
        )
