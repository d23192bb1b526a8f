"""The database backend of tests: the product's, with the owner's hands for what the code under test may not do.

Tests run as the login `dakiya_worker`. Databases are created, dropped and emptied by `dakiya_owner`, as in production
the schema is his; nobody is superuser.
"""

from __future__ import annotations
