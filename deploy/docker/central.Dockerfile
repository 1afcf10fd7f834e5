# The centre on the distributed engines; which parts run is the command's business:
#   docker build -f deploy/docker/central.Dockerfile -t bukong-central .
FROM node:22-slim AS console
COPY central/console/web /build/console/web
RUN cd /build/console/web && npm ci && npm run build

FROM python:3.11-slim AS build
COPY requirements/central.txt /build/requirements.txt
RUN python -m venv /opt/bukong && /opt/bukong/bin/pip install --no-cache-dir --require-hashes -r /build/requirements.txt
COPY . /build/source
COPY --from=console /build/console/built /build/source/central/console/built
RUN /opt/bukong/bin/pip install --no-cache-dir --no-deps --no-build-isolation /build/source

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/bukong --create-home bukong
COPY --from=build /opt/bukong /opt/bukong
ENV PATH=/opt/bukong/bin:$PATH PYTHONUNBUFFERED=1 BUKONG_CENTRAL__DATA=/var/lib/bukong
USER bukong
WORKDIR /var/lib/bukong
VOLUME /var/lib/bukong
EXPOSE 8080 9100
ENTRYPOINT ["bukong", "central"]
CMD ["all"]
