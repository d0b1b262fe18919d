"""The command line: arguments, one function per command, and what reaches disk and terminal.

``gexp_core.__main__`` calls it. Importing it loads neither torch nor pandas nor Streamlit.
"""
