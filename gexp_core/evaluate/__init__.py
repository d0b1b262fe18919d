"""How well numbers agree with measurements: metrics, intervals, classical baselines."""
