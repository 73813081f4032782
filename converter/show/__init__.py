"""A document for a person to look at: `terminal` draws it with rich, `notebook` as HTML, `listing` rows in a REPL."""
