"""What sites and note-takers add to Markdown: callouts, directives, shortcodes, attributes, wikilinks, fields.

Each module reads one of these, recognized in the text alone; whatever it does not recognise is CommonMark, as before.
"""
