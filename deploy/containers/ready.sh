#!/usr/bin/env bash
# Health check of all images: succeeds if GET /readyz on the port (8080 unless given) answers 200.
# The ASP.NET base image has no curl or wget, but it has bash, which can speak to a port by itself.
exec 3<>"/dev/tcp/localhost/${1:-8080}" || exit 1
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ]
