"""See what a model with attention read from where, beside what changing those bases does."""

from gexp_core.ui import arcs, attended, attention, controls, focus, frame, made, show, specific

frame.title("attention")
card = controls.model()
attention.needs_attention(card)
frame.needs_sequences("There is no sequence to look at yet.")

name = controls.sequence()
show.heading(name)
row = attention.window(card, name)
letters, track = controls.letters(), controls.track(card)
focus.draw(card, name, letters, made.placing(card), track, changed=True)
specific.draw(card, track)
specific.said(card, controls.explained(card))
maps = attention.maps(card, name, row)
changes = attention.changes(card, name, row, wait=False)
choice = attention.choices(maps)
token = attention.token(maps)
attention.picture(maps, choice, token)
drawn = arcs.strongest(maps, choice, token, changes)
attended.along(maps, choice, token, changes)
attended.compared(maps, choice, changes)
attention.compare(card, name, row, changes)
attended.heads(maps, changes)
attended.files(maps, choice, changes, drawn)
frame.onward("what_if", "Next: see what every single-base change would do")
