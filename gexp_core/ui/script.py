"""What the server runs for every visitor; see ``app.py``."""

from gexp_core.ui import router

router.run()
