"""Give a file too large for the other pages, leave, and come back for its table."""

from gexp_core.ui import batch, controls, frame

frame.title("batch")

batch.page(controls.model())
