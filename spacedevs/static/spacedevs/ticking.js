// Times that run: what the server wrote, and the seconds since. Their form is front.py's.
'use strict';
{
    const begun = Date.now();
    const running = [...document.querySelectorAll('time[data-seconds]')].map(
        (element) => [element, Number(element.dataset.seconds)]
    );
    const two = (number) => String(number).padStart(2, '0');

    function inWords(duration) {
        const seconds = Math.abs(duration);
        const days = Math.floor(seconds / 86400);
        const clock = [seconds % 86400 / 3600, seconds % 3600 / 60, seconds % 60];
        return (duration < 0 ? '-' : '') + (days ? `${days} d ` : '') +
            clock.map((part) => two(Math.floor(part))).join(':');
    }

    setInterval(() => {
        const passed = Math.floor((Date.now() - begun) / 1000);
        for (const [element, seconds] of running) {
            element.textContent = inWords(seconds + passed);
        }
    }, 1000);
}
