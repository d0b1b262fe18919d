"""The page Workbench: one sequence, every row over it, changed by hand and asked again.

Owns the bench (what a visitor does to one sequence), its rows and its panels. The edits are
``gexp_core.edits``'s, the drawing is ``ui.view``'s.
"""
