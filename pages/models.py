"""Read the model's card."""

from gexp_core.ui import cards, controls, frame

frame.title("models")
cards.card(controls.model())
frame.onward("sequences", "Next: give it sequences")
