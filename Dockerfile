# The production program alone, static and not root. It contains no Temporal server:
# that is cmd/standalone, for trying things out.
FROM golang:1.26.8-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The build has no version control to ask: docker build --build-arg VERSION=v0.1.0 .
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-X miniflow/cmd/internal/command.version=$VERSION" -o /miniflow ./cmd/miniflow

FROM alpine:3.23
# Alipay's certificates are judged by the system's set, its times are Beijing's.
RUN apk add --no-cache ca-certificates tzdata && adduser -D -H -u 10001 miniflow && \
    install -d -o 10001 -m 700 /var/lib/miniflow
COPY --from=build /miniflow /usr/local/bin/miniflow
USER 10001
EXPOSE 8080
ENTRYPOINT ["miniflow"]
CMD ["serve", "--config", "/etc/miniflow/miniflow.yaml"]
