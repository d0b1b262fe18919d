"""Training of models that read long windows and say a value of every bin for many tracks."""
