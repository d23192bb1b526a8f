from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DAKIYA_LOGIN", "web")

from django.core.wsgi import get_wsgi_application

from config.unsized import Measured

application = Measured(get_wsgi_application())
