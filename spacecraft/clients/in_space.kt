// The craft in space. `kotlinc in_space.kt -include-runtime -d in_space.jar`, then
// `java -jar in_space.jar`, or with a host that serves the same.

import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL

class Kept(val etag: String?, val page: Map<*, *>)

val kept = HashMap<String, Kept>() // by URL
var unchanged = 0

fun get(url: String): Map<*, *> {
    val known = kept[url]
    val asked = URL(url).openConnection() as HttpURLConnection
    asked.setRequestProperty("Accept", "application/json") // by itself Java asks for HTML
    known?.etag?.let { asked.setRequestProperty("If-None-Match", it) }
    if (asked.responseCode == 304 && known != null) {
        unchanged += 1
        return known.page
    }
    if (asked.responseCode != 200) throw IOException("${asked.responseCode}: $url")
    val page = Json(asked.inputStream.readBytes().toString(Charsets.UTF_8)).value() as Map<*, *>
    kept[url] = Kept(asked.getHeaderField("ETag"), page)
    return page
}

fun pages(host: String): List<Map<*, *>> {
    val first = get("$host/2.3.0/spacecraft/?in_space=true")
    return generateSequence(first) { page -> (page["next"] as String?)?.let { get(it) } }.toList()
}

fun main(args: Array<String>) {
    val host = args.firstOrNull() ?: "https://ll.thespacedevs.com"
    for (page in pages(host)) {
        for (craft in page["results"] as List<*>) {
            craft as Map<*, *>
            println("${craft["id"]} ${craft["name"]}")
        }
    }
    val again = pages(host).size
    println("asked again: $unchanged of $again pages unchanged")
}

// A reader of JSON, since Java has none. A project has a library for this.
class Json(private val text: String) {
    private var at = 0

    fun value(): Any? = when (peek()) {
        '{' -> all('}') { (value() as String).also { take(':') } to value() }.toMap()
        '[' -> all(']') { value() }
        '"' -> string()
        else -> word()
    }

    private fun peek(): Char {
        while (text[at].isWhitespace()) at++
        return text[at]
    }

    private fun take(expected: Char) {
        if (peek() != expected) throw IOException("No $expected at $at of $text")
        at++
    }

    private fun <T> all(end: Char, one: () -> T): List<T> {
        val found = ArrayList<T>()
        at++
        while (peek() != end) {
            if (found.isNotEmpty()) take(',')
            found.add(one())
        }
        at++
        return found
    }

    private fun string(): String {
        val found = StringBuilder()
        at++
        while (text[at] != '"') {
            var letter = text[at++]
            if (letter == '\\') {
                letter = when (val escaped = text[at++]) {
                    'u' -> text.substring(at, at + 4).toInt(16).toChar().also { at += 4 }
                    'n' -> '\n'
                    't' -> '\t'
                    'r' -> '\r'
                    'b' -> '\b'
                    'f' -> '\u000C'
                    else -> escaped
                }
            }
            found.append(letter)
        }
        at++
        return found.toString()
    }

    private fun word(): Any? {
        val start = at
        while (at < text.length && text[at] !in ",]} \n\r\t") at++
        return when (val word = text.substring(start, at)) {
            "null" -> null
            "true" -> true
            "false" -> false
            else -> word.toLongOrNull() ?: word.toDouble()
        }
    }
}
