// The craft in space. `node in_space.mjs`, or with a host that serves the same. Node 18 or newer.

const HOST = process.argv[2] ?? "https://ll.thespacedevs.com";
const kept = new Map(); // by URL: an ETag, and the page that it names
let unchanged = 0;

async function get(url) {
    const known = kept.get(url);
    const headers = known?.etag ? { "If-None-Match": known.etag } : {};
    const answer = await fetch(url, { headers });
    if (answer.status === 304) {
        unchanged += 1;
        return known.page;
    }
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    const page = await answer.json();
    kept.set(url, { etag: answer.headers.get("ETag"), page });
    return page;
}

async function* pages() {
    let url = `${HOST}/2.3.0/spacecraft/?in_space=true`;
    while (url) {
        const page = await get(url);
        yield page;
        url = page.next;
    }
}

for await (const page of pages()) {
    for (const craft of page.results) console.log(craft.id, craft.name);
}
let again = 0;
for await (const _ of pages()) again += 1;
console.log(`asked again: ${unchanged} of ${again} pages unchanged`);
