# The portal alone: one static program with pages, scripts and migrations inside. The
# image holds no PostgreSQL, so KEYHALL_DATABASE_URL has to be set.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=development
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.release=${VERSION}" -o /out/keyhall ./cmd/keyhall
# A volume mounted here begins with this folder's owner.
RUN mkdir -p /out/state

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/keyhall /usr/local/bin/keyhall
COPY --from=build --chown=65532:65532 /out/state /var/lib/keyhall
COPY LICENSE /usr/share/doc/keyhall/LICENSE
USER 65532:65532
ENV KEYHALL_LISTEN=:8080 KEYHALL_DATA_DIR=/var/lib/keyhall
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/keyhall"]
CMD ["serve"]
