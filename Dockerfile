# The page for the laboratory, in a container.
#
#   docker build -t electrolyte-ml .
#   docker run --rm -p 127.0.0.1:8321:8321 -v electrolyte-ml:/data \
#     -e ELECTROLYTE_ML_WEB_TOKEN=$(openssl rand -hex 16) electrolyte-ml
#
# It prints its address with the token. Without a token it does not start, because a container
# listens to other machines. docs/guides/container.md says more.

FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY electrolyte_ml electrolyte_ml
COPY recipes recipes
COPY benchmarks/splits benchmarks/splits
COPY docs docs
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
# RDKit draws with them.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libexpat1 libxext6 libxrender1 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /wheels /wheels
RUN wheel="$(ls /wheels/*.whl)" \
    && pip install --no-cache-dir "${wheel}[web]" \
    && rm -rf /wheels
RUN useradd --create-home --uid 1000 chemist \
    && mkdir /data \
    && chown chemist:chemist /data
USER chemist
# Jobs, campaigns, imported data sets and own species stay in the volume.
ENV XDG_DATA_HOME=/data/share XDG_STATE_HOME=/data/state
VOLUME /data
WORKDIR /data
EXPOSE 8321
HEALTHCHECK --start-period=60s \
    CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8321), 3)"]
ENTRYPOINT ["electrolyte-ml"]
CMD ["web", "--host", "0.0.0.0", "--port", "8321", "--folder", "/data/page"]
