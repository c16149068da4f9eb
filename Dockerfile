# The service as an image. compose.yaml runs it; docs/operations.md says how, under "Containers".
# A rebuild with --pull takes the newest patches of Python and Debian; ours are pinned by hash.

FROM python:3.11-slim-bookworm AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

COPY requirements/build.txt requirements/run.txt requirements/
RUN python -m venv --without-pip /opt/siks \
    && python -m pip install --require-hashes --only-binary :all: -r requirements/build.txt \
    && python -m pip --python /opt/siks/bin/python install \
        --require-hashes --only-binary :all: -r requirements/run.txt

COPY pyproject.toml README.md LICENSE NOTICE ./
COPY app app
COPY migrations migrations
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir wheels . \
    && python -m pip --python /opt/siks/bin/python install --no-deps wheels/*.whl

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="SIKS-NG" \
    org.opencontainers.image.description="The backend of Indonesia's social-welfare registry (DTKS)" \
    org.opencontainers.image.version="0.1.0" \
    org.opencontainers.image.licenses="Apache-2.0"

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin siks \
    && mkdir -p -m 700 /var/lib/siks/documents && chown 10001:10001 /var/lib/siks/documents
COPY --from=builder /opt/siks /opt/siks
ENV PATH=/opt/siks/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SIKS_HOST=0.0.0.0 \
    SIKS_STORAGE_URL=file:///var/lib/siks/documents

USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["siks", "health"]
ENTRYPOINT ["siks"]
CMD ["serve"]
