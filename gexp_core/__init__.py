"""Predict what DNA does with trained networks, and show why.

The package owns everything that is not a web page. Importing it is cheap: heavy libraries
(torch, captum, matplotlib, streamlit) load on first use in the modules that need them.
"""

__version__ = "0.1.0"
