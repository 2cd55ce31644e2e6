FROM python:3.13-slim-trixie AS build
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/bot \
    && /opt/bot/bin/pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements.lock

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 --home-dir /data --create-home bot
COPY --from=build /opt/bot /opt/bot
COPY bot /opt/backup-bot/bot
ENV PATH=/opt/bot/bin:$PATH \
    PYTHONPATH=/opt/backup-bot \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite:////data/backup-bot.sqlite
USER 10001
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ.get('BOT_PORT', '8080') + '/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
