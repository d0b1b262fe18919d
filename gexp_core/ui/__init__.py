"""What the pages are made of; the only importer of Streamlit inside the package.

Owns page frame, a visitor's workspace, controls, progress, what is shown and what is downloaded.
Pages call it; it calls the science through jobs. Nothing here computes a prediction.
"""
