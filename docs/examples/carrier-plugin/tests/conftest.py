from __future__ import annotations

from django.conf import settings

# Forms are all of Django that a provider needs.
settings.configure(USE_I18N=False)
