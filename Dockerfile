# The image that docker-compose.yml runs: the service with exactly the locked dependencies.

FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /srv/dabiao
# Apart from the code, so that a change of the code does not install everything again.
COPY requirements/run.txt requirements/run.txt
RUN pip install --require-hashes --requirement requirements/run.txt
COPY pyproject.toml ./
COPY app app
COPY metrics metrics
COPY migrations migrations
COPY seeds seeds
# Editable: the migrations and seeds are found beside the code, here as in a checkout.
# Nobody can write bytecode later, so it is made now.
RUN pip install --no-deps --no-build-isolation --editable . \
    && python -m compileall -q app metrics

FROM python:3.13-slim-bookworm
# var/ holds the embedded database when no other is set: mount a volume there.
RUN groupadd --gid 10001 dabiao \
    && useradd --uid 10001 --gid dabiao --no-create-home --shell /usr/sbin/nologin dabiao \
    && install --directory --owner=dabiao --group=dabiao /srv/dabiao/var
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/dabiao /srv/dabiao
WORKDIR /srv/dabiao
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DABIAO_HOST=0.0.0.0 \
    DABIAO_PORT=8000
USER 10001:10001
EXPOSE 8000
# Ready means: the database answers and is at the newest migration.
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s --start-interval=1s --retries=3 \
    CMD ["python", "-m", "app.ready"]
CMD ["dabiao", "serve"]
