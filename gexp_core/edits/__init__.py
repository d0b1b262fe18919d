"""Sequences changed on purpose: edits with undo, what they amount to, and designs made of them."""
