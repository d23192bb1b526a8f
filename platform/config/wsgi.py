from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DAKIYA_LOGIN", "web")

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config.unsized import Measured
from kernel.collector import spare_what_is_loaded

application = Measured(get_wsgi_application())
# All pages now: the first request would wait for them, and what it loads would be collected over and over.
_ = get_resolver().url_patterns
spare_what_is_loaded()
