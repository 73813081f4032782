"""A document for a person to look at: `terminal` draws it with rich, `listing` rows in a REPL."""
