"""Documents as HTML: `notebook` shows one in a notebook, `page` many in one file that needs neither server nor network.

Document -> Reading: lines and records, made ready to be drawn (`reading.py`, `lines.py`)
         -> HTML by the templates, which both share (`html.py`, `templates/`)
         -> a page: an overview of the run, and each document packed until it is opened (`overview.py`, `page.py`)
"""
