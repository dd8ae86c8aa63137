#!/usr/bin/env bash
# The craft in space. `bash in_space.sh`, or with a host that serves the same. It needs curl and jq.
set -euo pipefail
host=${1:-https://ll.thespacedevs.com}
kept=$(mktemp -d) # by number of the page: an ETag, and the page that it names
trap 'rm -rf "$kept"' EXIT

# Walks over the pages. curl sends the ETag that it kept, and at a 304 leaves the page as it is.
walk() {
    local url="$host/2.3.0/spacecraft/?in_space=true"
    pages=0 unchanged=0
    while [[ $url != null ]]; do
        local body=$kept/$pages.json etag=$kept/$pages.etag status
        touch "$etag"
        status=$(curl -sS --fail-with-body -w '%{http_code}' -o "$body" \
            --etag-compare "$etag" --etag-save "$etag" "$url")
        pages=$((pages + 1))
        if [[ $status == 304 ]]; then unchanged=$((unchanged + 1)); fi
        url=$(jq -r .next "$body")
    done
}

walk
for ((page = 0; page < pages; page++)); do
    jq -r '.results[] | "\(.id) \(.name)"' "$kept/$page.json"
done
walk
echo "asked again: $unchanged of $pages pages unchanged"
