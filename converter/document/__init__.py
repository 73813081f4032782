"""One document for people: its rows, and how they are looked up."""
