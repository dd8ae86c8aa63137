// The craft in space. `swift in_space.swift`, or with a host that serves the same.

import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking  // URLSession, where Foundation is not Apple's
#endif

struct Craft: Decodable {
    let id: Int
    let name: String
}

struct Page: Decodable {
    let next: URL?
    let results: [Craft]
}

let arguments = CommandLine.arguments
let host = arguments.count > 1 ? arguments[1] : "https://ll.thespacedevs.com"
let settings = URLSessionConfiguration.ephemeral
settings.urlCache = nil  // it would answer a 304 by itself, and nothing would be seen of it
let session = URLSession(configuration: settings)
var kept: [URL: (etag: String?, page: Page)] = [:]
var unchanged = 0

@MainActor
func get(_ url: URL) async throws -> Page {
    var request = URLRequest(url: url)
    if let etag = kept[url]?.etag {
        request.setValue(etag, forHTTPHeaderField: "If-None-Match")
    }
    let (body, response) = try await session.data(for: request)
    let answer = response as! HTTPURLResponse
    if answer.statusCode == 304, let known = kept[url] {
        unchanged += 1
        return known.page
    }
    guard answer.statusCode == 200 else { throw URLError(.badServerResponse) }
    let page = try JSONDecoder().decode(Page.self, from: body)
    kept[url] = (answer.value(forHTTPHeaderField: "ETag"), page)
    return page
}

@MainActor
func pages() async throws -> [Page] {
    var pages: [Page] = []
    var url = URL(string: "\(host)/2.3.0/spacecraft/?in_space=true")
    while let next = url {
        pages.append(try await get(next))
        url = pages.last!.next
    }
    return pages
}

for craft in try await pages().flatMap(\.results) {
    print(craft.id, craft.name)
}
let again = try await pages().count
print("asked again: \(unchanged) of \(again) pages unchanged")
