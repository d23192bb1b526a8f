FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONPATH=/app:/app/platform

WORKDIR /app

COPY requirements.txt .
RUN pip install --disable-pip-version-check -r requirements.txt

COPY . .

# Static files and uploads live here; docker-compose.yml keeps it in a volume.
ENV DAKIYA_VAR=/var/lib/dakiya
RUN useradd --system --no-create-home dakiya && install -d -o dakiya /var/lib/dakiya
USER dakiya
VOLUME /var/lib/dakiya

# The processes and their commands are listed in docker-compose.yml.
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "config.wsgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "1", "--blocking-threads", "32", "--respawn-failed-workers", "--workers-kill-timeout", "10"]
