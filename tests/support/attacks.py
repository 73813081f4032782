"""Documents that try to break out of their place in a page, in every place that holds text or an address."""

from __future__ import annotations

from converter.model.source import Source

CODE = "window.ran = true"
BREAKOUTS = (
    f"<script>{CODE}</script>",
    f'"><img src=x onerror="{CODE}">',
    f"'><svg onload='{CODE}'>",
    f"</script></style></title></textarea><script>{CODE}</script>",
    f'x" onmouseover="{CODE}" onfocus="{CODE}" autofocus="',
    f"</code></pre></td></tr></table></li></ul><body onload='{CODE}'>",
    "{{ 7 * 191 }}{% raw %}",
)
ADDRESSES = (f"javascript:{CODE}", f"JaVaScRiPt:{CODE}", f"data:text/html,<script>parent.{CODE}</script>", "vbscript:x")


def hostile(text: str, url: str) -> str:
    """Return a document with a text and an address in every place that can hold them."""
    escaped_text = text.replace('"', '\\"')
    return f"""\
---
title: "{escaped_text}"
---
# {text}

Words [{text}](<{url}> "{escaped_text}") and ![{text}](<{url}> "{escaped_text}") and [![{text}](<{url}>)](<{url}>).

- {text}: {text}
  1. [x] {text}
- <b title='{text}'>Label:</b> {text}

| {text} | [{text}](<{url}>) |
|---|---|
| {text} | [{text}](<{url}>) |
| 1 | 2 | {text} |

``` {text}
{text}
```

> {text}

{text}
: {text}

Note[^1] $x$ <{url}> <http://example.org/{escaped_text}>

[^1]: {text}

<div>{text}</div>

<table><caption>{text}</caption><tr><th>{text}</th></tr><tr><td>{text}</td></tr></table>
"""


HOSTILE = [Source(f"{text}.md", hostile(text, url)) for text in BREAKOUTS for url in ADDRESSES]
