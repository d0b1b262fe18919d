"""Speed and memory, measured beside the plain way in the same run."""
