"""How the bundled weight files are made: ``python -m gexp_core train NAME --data DIR``.

Nothing else imports this package.
"""
