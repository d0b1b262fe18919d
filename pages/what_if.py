"""See what every single-base change of the chosen sequence would do; look at one closely."""

from gexp_core.ui import changed, controls, download, focus, frame, made, show, specific, stretched

frame.title("what_if")
frame.needs_sequences("There is no sequence to change yet.")

card, name = controls.model(), controls.sequence()
show.heading(name)
letters, track = controls.letters(), controls.track(card)
prediction = made.placing(card)
focus.draw(card, name, letters, prediction, track, changed=True)
specific.draw(card, track)
mutagenesis = made.mutagenesis(card, name)
changed.picture(mutagenesis, 0, prediction, track)
changed.detail(mutagenesis, 0, card, track)
changed.tables(mutagenesis, 0)
stretched.others(card, name)
download.mutagenesis(mutagenesis, 0, card)
frame.onward("take_away", "Next: take everything away as files")
