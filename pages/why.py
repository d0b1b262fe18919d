"""See which bases of the chosen sequence made the model say so."""

from gexp_core.ui import (
    controls,
    download,
    explained,
    focus,
    frame,
    made,
    show,
    specific,
    tracks,
    trust,
)

frame.title("why")
frame.needs_sequences("There is no sequence to explain yet.")

card, name = controls.model(), controls.sequence()
show.heading(name)
letters, track = controls.letters(), controls.track(card)
prediction = made.placing(card)
focus.draw(card, name, letters, prediction, track)
controls.draw_attribution(card)
specific.draw(card, track)
attribution = made.attribution(card, name)
explained.summary(attribution, 0, card)
explained.picture(attribution, 0, prediction, track)
trust.badge(attribution, card, name)
explained.table(attribution, 0)
download.attribution(attribution, 0, card)
tracks.offer(card)
frame.onward("what_if", "Next: see what every single-base change would do")
