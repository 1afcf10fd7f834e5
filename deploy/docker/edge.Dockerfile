# A node with the weights inside, so that it starts without a network:
#   docker build -f deploy/docker/edge.Dockerfile -t bukong-edge .
FROM python:3.11-slim AS build
COPY requirements/edge.txt /build/requirements.txt
RUN python -m venv /opt/bukong && /opt/bukong/bin/pip install --no-cache-dir --require-hashes -r /build/requirements.txt
COPY . /build/source
RUN /opt/bukong/bin/pip install --no-cache-dir --no-deps --no-build-isolation /build/source \
 && /opt/bukong/bin/bukong models get --folder /opt/bukong/models

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/bukong --create-home bukong
COPY --from=build /opt/bukong /opt/bukong
ENV PATH=/opt/bukong/bin:$PATH PYTHONUNBUFFERED=1 BUKONG_MODELS=/opt/bukong/models BUKONG_EDGE__DATA=/var/lib/bukong
USER bukong
WORKDIR /var/lib/bukong
VOLUME /var/lib/bukong
ENTRYPOINT ["bukong", "edge"]
CMD ["run", "/etc/bukong/edge.toml"]
