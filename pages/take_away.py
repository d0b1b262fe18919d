"""Take everything away as files: one by one, or in one zip with its provenance."""

from gexp_core.ui import controls, frame, taken, workspace

frame.title("take_away")
frame.needs_sequences("There is nothing to take away yet.")

space, card, name = workspace.mine(), controls.model(), controls.sequence()
taken.archive(space, card, name)
taken.pieces(space, card, name)
