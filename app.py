"""Start here: ``streamlit run app.py``.

The server finds ``app`` and runs the script inside the package, which holds the router; a pages
folder beside *that* script does not exist, so every deep link works on a fresh server. Where this
file itself is run as a script (AppTest does), it hands over to the same router.
"""

import streamlit as st

from gexp_core.ui import router, server

app = st.App(
    server.SCRIPT,
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=server.middleware(),
    on_script_error=server.on_script_error,
)

if server.inside_script():
    router.run()
