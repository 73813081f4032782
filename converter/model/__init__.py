"""The nouns that rooms hand each other."""
