// Names for what Django leaves without one: pickers, which select2 puts in place of a select and its
// label; what stands in the table of an inline; icons of the lists from which several are chosen.
'use strict';
{
    function nameOf(control) {
        const cell = control.closest('.tabular td');
        const header = cell && cell.closest('table').tHead.rows[0].cells[cell.cellIndex];
        const name = control.labels?.[0] || header;
        return name ? name.textContent.trim().replace(/[:?]$/, '') : control.name;
    }

    function label(within) {
        for (const icon of within.querySelectorAll('.search-label-icon')) {
            icon.setAttribute('role', 'img');
        }
        for (const control of within.querySelectorAll('.tabular td :is(input, select, textarea)')) {
            if (!control.labels?.length) {
                control.setAttribute('aria-label', nameOf(control));
            }
        }
        for (const select of within.querySelectorAll('select.select2-hidden-accessible')) {
            const name = nameOf(select);
            const shown = select.nextElementSibling;
            for (const part of shown.querySelectorAll('[role=textbox], input')) {
                part.setAttribute('aria-label', name);
            }
            const box = shown.querySelector('[role=combobox]');
            const chosen = box.getAttribute('aria-labelledby');
            box.id = `${select.id}-picker`;
            box.setAttribute('aria-label', name);
            box.setAttribute('aria-labelledby', [box.id, chosen].filter(Boolean).join(' '));
        }
    }

    // After Django's own scripts, which do their part when the page is ready, or on the same event.
    window.addEventListener('load', () => {
        const begin = () => label(document);
        window.django?.jQuery ? django.jQuery(begin) : begin();
    });
    document.addEventListener('formset:added', (event) => label(event.target));
}
