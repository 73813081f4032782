"""Documents as HTML: `notebook` shows one in a notebook, `page` many in one file that needs neither server nor network.

Document -> Reading: lines and records, prepared for drawing (`reading.py`, `lines.py`)
         -> HTML from the templates, which both share (`html.py`, `templates/`)
         -> a page: an overview of the run, and each document compressed until opened (`overview.py`, `page.py`)
"""
