"""The reference: blocks and inline content read by markdown-it's rules alone, as the shortcuts in `fast/` must too."""
