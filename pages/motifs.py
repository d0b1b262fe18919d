"""Find the words that the model reads in all sequences, name them, and see where they stand."""

from gexp_core.ui import (
    controls,
    filters,
    frame,
    motifs,
    motifs_at_work,
    motifs_listed,
    motifs_shown,
)

frame.title("motifs")
frame.needs_sequences("There are no sequences to look for motifs in yet.")

card, name = controls.model(), controls.sequence()
if filters.wanted():
    filters.page(card)
else:
    motifs.choices(card)
    made = motifs.found(card)
    names = motifs.names(card)
    motifs_listed.summary(made, card)
    motifs_listed.table(made)
    motifs_shown.closely(made, names)
    motifs_at_work.section(made)
    motifs_shown.seqlets(made)
    motifs_shown.on_sequence(made, name, card, names)
    motifs_shown.files(made, card, names)
    motifs_shown.onward(made)
