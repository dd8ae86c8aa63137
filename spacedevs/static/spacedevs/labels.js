// Names for what scripts of Django's put in a page without one: pickers, in place of a select and its
// label, and the icons of the lists from which several are chosen.
'use strict';
{
    function nameOf(select) {
        const column = select.closest('td')?.className.match(/field-(\w+)/)?.[1];
        const header = column && select.closest('table').querySelector(`th.column-${column}`);
        return (select.labels[0] || header)?.textContent.trim().replace(/:$/, '') || select.name;
    }

    function label(within) {
        for (const icon of within.querySelectorAll('.search-label-icon')) {
            icon.setAttribute('role', 'img');
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

    // After Django's own scripts, which do their part before, or on the same event.
    window.addEventListener('load', () => {
        const begin = () => label(document);
        window.django?.jQuery ? django.jQuery(begin) : begin();
    });
    document.addEventListener('formset:added', (event) => label(event.target));
}
