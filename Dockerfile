# syntax=docker/dockerfile:1
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /out/escalationd ./cmd/escalationd

FROM alpine:3.22
RUN apk add --no-cache ca-certificates tzdata \
 && adduser -D -H -u 10001 -s /sbin/nologin escalationd \
 && install -d -o escalationd -g escalationd -m 0700 /var/lib/escalationd
COPY --from=build /out/escalationd /usr/local/bin/escalationd
USER 10001:10001
# The desk's secret and its witness of what was committed: keep it.
VOLUME /var/lib/escalationd
ENV STATE_DIRECTORY=/var/lib/escalationd
EXPOSE 8080
STOPSIGNAL SIGTERM
# Needs web.listen on port 8080 in the configuration.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD wget -q -O /dev/null http://127.0.0.1:8080/readyz || exit 1
ENTRYPOINT ["escalationd"]
CMD ["run", "--config", "/etc/escalationd/escalationd.yaml"]
