// The URL has what was asked for, and not a parameter for each control that was left empty.
"use strict";
for (const form of document.querySelectorAll(".filters form")) {
    form.addEventListener("formdata", ({ formData }) => {
        for (const [name, value] of [...formData]) {
            if (value === "") {
                formData.delete(name);
            }
        }
    });
}
