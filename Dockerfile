# To pin the base image, name it with its digest: --build-arg PYTHON_IMAGE=python:3.13-slim-trixie@sha256:…
ARG PYTHON_IMAGE=python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
# With what traces need: --build-arg LOCK=requirements-otel.lock
ARG LOCK=requirements.lock
COPY ${LOCK} ./
RUN python -m venv /opt/bot \
    && /opt/bot/bin/pip install --no-cache-dir --require-hashes --only-binary :all: --requirement ${LOCK}

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --home-dir /data --create-home bot \
    && chmod 700 /data
COPY --from=build /opt/bot /opt/bot
COPY bot /opt/backup-bot/bot
COPY manifest.yml /opt/backup-bot/
# The code comes from where the bot can't write, and so does a .env, which the image has none of.
# MALLOC_…: glibc gives each of 50 threads memory of its own, and keeps what each has freed.
ENV PATH=/opt/bot/bin:$PATH \
    MALLOC_ARENA_MAX=2 \
    MALLOC_TRIM_THRESHOLD_=131072 \
    PYTHONPATH=/opt/backup-bot \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite:////data/backup-bot.sqlite
USER 10001
WORKDIR /opt/backup-bot
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-m", "bot.healthcheck"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
