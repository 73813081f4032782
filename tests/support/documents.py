"""Documents that several tests read, and parts that generated documents are made of."""

from __future__ import annotations

from hypothesis import strategies as st

TEXT = "# Title\n\n- a: 1\n- b: 2\n\n| x | y |\n|---|---|\n| 1 | 2 |\n"
"""A small document with a section, a list and a table."""
EVERY_KIND = """\
---
title: Every kind
tags: [a, b]
---
Lead with a [link](http://example.org/a) and ![alt](x.png).

# One

- **Label:** value
  1. nested
- second

  ```python
  print("in list")
  ```

> quoted

The prices:

| Name | Price |
|---|--:|
| a | 1 | surplus |
| b |

## Two

$$
x^2
$$

<div>html</div>

![picture](http://example.org/i.png "t")

***

Term
: its definition

A note[^1].

[^1]: The note.

[unused]: http://example.org
"""
"""A row of every record."""
HOSTILE = """\
# <script>alert(1)</script> [red]x[/red] \x1b[31m

[click](javascript:alert(1)) ![" onerror="alert(1)](x"onerror="alert(1).png)

- <b onclick="x()">Label:</b> </li></ul><script>alert(2)</script>

| <img src=x onerror=alert(3)> | "quoted" |
|---|---|
| </td></table><script>alert(4)</script> | &lt;script&gt;alert(5)&lt;/script&gt; |

```
</code></pre><script>alert(6)</script>
```

<script>alert(7)</script>
"""
"""HTML, terminal sequences and addresses of scripts, in each place that holds text."""
SCRAPED = f"""\
A lead that says what the article is about. {"It goes on for a while, as leads do. " * 4}
How Rivers Shape the Land Around Them
Rivers carry sand from the mountains to the sea. {"Where they slow down they leave it behind. " * 4}
- Erosion: The water takes soil away from the outer bank of every bend. {"Floods take more of it. " * 3}
- Deposition: On the inner bank the water is slow, so that sand settles. {"Beaches grow there. " * 3}
The lower reaches of large rivers have been measured. {"Geographers do so every year. " * 4}The table compares them:
| Process | Place |
|---|---|
| Erosion | Outer bank |
| Deposition | Inner bank |
What People Can Do About the Floods That Follow
People who live by a river can give it room. {"That costs land but saves the houses near it. " * 4}
In Conclusion
Rivers and people share the land that they live on. {"Both have to move at times. " * 4}
"""
"""An article without heading marks and blank lines, as scrapers leave them."""
TEXTS = [
    "# One\n\ntext [link](http://a.b)\n",
    "| a | b |\n|---|---|\n| 1 | x |\n",
    "| a | b |\n|---|---|\n| 2.5 | y |\n",
    "| b | a |\n|---|---|\n| z | many |\n\n| c |\n|---|\n| 7 |\n",
    "---\nbroken: [\n---\n- item\n",
    "",
    "a\0b",
    "• one\n• two\ntext\n",
]
"""Documents with data sets whose types meet, and documents that cannot be read."""
TYPED = """---
title: "Nul \\0, quotes ' and \\" and \\\\u0000"
---
# A 'title' with "marks"

| ok | count | price | ratio | day | moment | clock | took | word |
|----|-------|-------|-------|-----|--------|-------|------|------|
| yes | 1 | $1.25 | 0.5 | 2024-01-02 | 2024-01-02 10:11:12 | 10:11:12 | 1:30:05.5 | a'b |
| no | -2 | $10.50 | 1e3 | 2024-02-29 | 2024-01-02T10:11:12.5 | 23:59:59 | 0:00:01 | \\0 |
| | | | | | | | | |

- label: value
"""
"""A document whose table has a column of each type."""

EDITS = st.lists(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(TEXTS), max_size=6), min_size=2, max_size=4)
"""The sources of successive runs, by key."""
FRAGMENTS = st.sampled_from(
    ["# ", "## t", "- ", "* a", "1. ", "3) b", "> ", "```", "~~~ py", "    ", "\t", "| a | b |", "|---|---|",
     "| 1 | 2 | 3 |",
     "---", "===", "***", "word", "*em*", "**st**", "`c`", "[l](u)", "![i](s)", "<b>", "<!-- c -->", "<div>", "</div>",
     "[^1]", "[^1]: note", "[a]: http://x.y 't'", "[a]", "term", ": def", "$$", "$x$", "\\", "&amp;", "\n", "\n\n", " ",
     "- [ ] t", "http://a.b/c", "a@b.cd", "é", "日本", "\u00a0", "\u200b", "\x0c", "•", "(", ")", ":", "1.",
     "\r\n", "\0", "!!! note", '=== "T"', ":::", ":::tip T", "```{note}", "{% a %}", "{% enda %}", "{{< note >}}",
     "{{< /note >}}", "[!TIP]", "{#i .c}", "{:.c}", "[[p|q]]", "k:: v", "\n\n    "]
)  # fmt: skip
"""What documents are strung together from: marks of every kind, complete and cut off."""
CHOKING = {
    "[": 100_000, "*": 100_000, "`": 100_000, "<": 100_000, "|": 100_000, "![": 50_000, "a@": 50_000, "http:": 20_000,
    ":": 100_000, "$": 100_000, "<!--": 25_000, "x <!--": 16_000, "~": 100_000, "_a": 50_000, "**a ": 25_000,
    "]": 100_000,
    "[a](": 25_000, "[a][": 25_000, "[^": 50_000, "[[]": 33_000, "![[]()": 16_000, "](": 50_000, "mailto:": 14_000,
    "mailto:a ": 11_000, "<http:": 16_000, "http://a_b ": 9_000, "www.": 25_000, "<a ": 33_000, "<?": 50_000,
    "x <![CDATA[": 9_000, "&a": 50_000, "\\": 100_000, "$a ": 33_000, "> ": 50_000, "- ": 50_000, "1. ": 33_000,
    "#": 100_000,
    "\t": 100_000, "a\n": 50_000, "- a\n": 25_000, "> a\n": 25_000, "|a|\n": 25_000, "a\n: b\n": 16_000, "$$\n": 33_000,
    "```\n": 25_000, "<div>\n": 16_000, "[a]: b\n": 14_000, "[^1]: b\n": 12_000, "•\n": 30_000, "- **a:** b\n": 9_000,
    "{": 100_000, "---\n": 25_000, "1": 100_000, "\u00a0": 50_000, "(": 100_000, "a b\n\n": 20_000,
}  # fmt: skip
"""How often each construct is repeated for a document of about 100 KB."""
