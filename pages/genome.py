"""See the chosen sequence in its place on the genome, with everything that was made of it."""

from gexp_core.ui import controls, focus, frame, genome, genome_drawn, made, tracks

frame.title("genome")
frame.needs_sequences("There is no sequence to show in its place yet.")

card, name = controls.model(), controls.sequence()
place = genome.placed(name)
genome.heading(name, place)
genome.go(place)
letters, track = controls.letters(), controls.track(card)
focus.draw(card, name, letters, made.placing(card), track, changed=True)
rows = genome.lines(card, name, place)
genome_drawn.browser(genome.view(name, place, rows))
genome_drawn.reading()
tracks.offer(card)
frame.onward("what_if", "Next: look closely at what every single-base change would do")
