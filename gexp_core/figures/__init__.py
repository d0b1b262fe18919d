"""Results to figures: logos, plots and heat maps. No model and no Streamlit in here.

Import the module you need; ``static`` loads matplotlib and ``interactive`` loads plotly, the
others load neither.
"""
