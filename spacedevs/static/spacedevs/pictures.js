// Pickers show a picture's thumbnail, name and credit; a text stays text, whatever is in it.
'use strict';
{
    const $ = django.jQuery;

    function shown(choice) {
        const known = { ...choice.element?.dataset, ...choice };
        if (!known.thumbnail && !known.credit) {
            return choice.text;
        }
        const whole = document.createElement('span');
        whole.className = 'picture-choice';
        if (known.thumbnail) {
            const image = document.createElement('img');
            image.alt = '';
            image.width = 32;
            image.height = 24;
            image.referrerPolicy = 'no-referrer';
            image.loading = 'lazy';
            image.src = known.thumbnail;
            whole.append(image);
        }
        const words = document.createElement('span');
        const credit = document.createElement('small');
        credit.textContent = known.credit;
        words.append(choice.text, ' ', credit);
        whole.append(words);
        return whole;
    }

    $.fn.select2.defaults.set('templateResult', shown);
    $.fn.select2.defaults.set('templateSelection', shown);

    // The picture beneath is of what the page came with; another choice shows itself in the picker.
    $(document).on('change', 'select.admin-autocomplete', (event) => {
        const figure = event.target.parentElement.querySelector('figure.picture');
        if (figure) {
            figure.hidden = figure.dataset.of !== event.target.value;
        }
    });
}
