"""Lay a sequence on the bench: see every row over it, change it, and watch the answer."""

from gexp_core.ui import controls, frame
from gexp_core.ui.workbench import desk

frame.title("workbench")
if not desk.begun():
    desk.start()
frame.needs_sequences("There is no sequence on the bench yet.")

card, name = controls.model(), controls.sequence()
desk.desk(card, name, controls.track(card))
