"""The chapters that speak of no record: what follows from the program itself."""

from spacedevs.guide import lists
from spacedevs.guide.declared import Chapter

ENDPOINTS = Chapter(
    "endpoints",
    "Endpoints",
    "Each list with its modes, filters, fields searched and orderings.",
    "guide/endpoints.html",
    {"endpoints": lists.endpoints, "extensions": lists.extensions, "paging": lists.paging},
)
CACHING = Chapter(
    "caching",
    "Caching",
    "ETags, dates and 304: how a client asks again for little.",
    "guide/caching.html",
    {"example": lists.example},
)
THROTTLE = Chapter(
    "throttle",
    "Tokens and the throttle",
    "How many calls a client may make, and how a token lifts that.",
    "guide/throttle.html",
)
OLDER = Chapter(
    "older",
    "Moving on from an older version",
    "What is called otherwise, field by field, and what does not follow.",
    "guide/older.html",
    {"older": lists.older},
)
RUNNING = Chapter(
    "running",
    "Running it",
    "A server of your own: the start, the settings, the commands, the mirror.",
    "guide/running.html",
    {
        "variables": lists.variables,
        "commands": lists.commands,
        "exit_codes": lists.exit_codes,
    },
)
BACKUP = Chapter(
    "backup",
    "Backup and upgrade",
    "Saving the database, putting it back, and taking a new release.",
    "guide/backup.html",
)
