"""Results to tables and to the bytes of files; the same result always gives the same bytes.

Import the module you need: ``tables`` and ``bundle`` load pandas, ``bundle`` also matplotlib when
it draws; the others need numpy alone.
"""
