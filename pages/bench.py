"""Write motifs into many backgrounds and see what the model makes of them."""

from gexp_core.ui import bench, controls, frame

frame.title("bench")
frame.needs_sequences("There are no sequences yet; the bench takes its window from them.")

bench.run(controls.model())
frame.onward("take_away", "Next: take everything away as files")
