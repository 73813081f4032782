"""Documents for human readers: `terminal` draws a document with Rich, `document.listing` rows in a REPL."""
