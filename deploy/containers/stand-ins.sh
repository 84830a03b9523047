#!/usr/bin/env bash
# Makes stand-ins for the base images of the container files, under their names, where Microsoft's registry cannot be reached: from Debian 12's packages and this
# machine's .NET SDK. To try the container files and Compose, not to ship. As root, on Debian 12 with mmdebstrap and podman:
#   deploy/containers/stand-ins.sh
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
tag=10.0-noble
suite=bookworm

# With a shell, and all that the SDK and NuGet ask for.
mmdebstrap --variant=minbase --include=ca-certificates,libicu72,libssl3,zlib1g,libstdc++6 "$suite" "$folder/sdk.tar"
cp /etc/ssl/certs/ca-certificates.crt "$folder/certificates"
tar -cf "$folder/dotnet.tar" --transform=s,^,usr/share/dotnet/, -C "$dotnet" .
cat > "$folder/sdk" <<END
FROM scratch
ADD sdk.tar dotnet.tar /
COPY certificates /etc/ssl/certs/ca-certificates.crt
RUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet
ENV DOTNET_ROOT=/usr/share/dotnet DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 NUGET_CERT_REVOCATION_MODE=${NUGET_CERT_REVOCATION_MODE:-online}
END
podman build --quiet -f "$folder/sdk" -t "mcr.microsoft.com/dotnet/sdk:$tag" "$folder"

# Without CUDA in it: shows that the GPU image is put together, not that it runs.
printf 'FROM scratch\nADD sdk.tar /\n' > "$folder/cuda"
podman build --quiet -f "$folder/cuda" -t "docker.io/nvidia/cuda:$(sed -n 's/^ARG CUDA=//p' "$(dirname "$0")/service.Dockerfile")-cudnn-runtime-ubuntu24.04" "$folder"

# Chiselled: unpacked, never configured, and no shell. As Microsoft's: user 1654, no ICU.
mmdebstrap --variant=extract --include=base-files,libc6,libgcc-s1,libstdc++6,libssl3,zlib1g,tzdata "$suite" "$folder/chiselled.tar"
tar -cf "$folder/runtime.tar" --transform=s,^,usr/share/dotnet/, -C "$dotnet" host shared/Microsoft.NETCore.App LICENSE.txt ThirdPartyNotices.txt dotnet
tar -cf "$folder/aspnet.tar" --transform=s,^,usr/share/dotnet/, -C "$dotnet" shared/Microsoft.AspNetCore.App
printf 'root:x:0:0:root:/root:/sbin/nologin\napp:x:1654:1654::/home/app:/sbin/nologin\n' > "$folder/passwd"
printf 'root:x:0:\napp:x:1654:\n' > "$folder/group"
cat > "$folder/runtime" <<END
FROM scratch
ADD chiselled.tar runtime.tar /
COPY passwd group /etc/
COPY certificates /etc/ssl/certs/ca-certificates.crt
ENV APP_UID=1654 ASPNETCORE_HTTP_PORTS=8080 DOTNET_RUNNING_IN_CONTAINER=true DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true
WORKDIR /app
END
podman build --quiet -f "$folder/runtime" -t "mcr.microsoft.com/dotnet/runtime:$tag-chiseled" "$folder"
cat > "$folder/aspnet" <<END
FROM mcr.microsoft.com/dotnet/runtime:$tag-chiseled
ADD aspnet.tar /
END
podman build --quiet -f "$folder/aspnet" -t "mcr.microsoft.com/dotnet/aspnet:$tag-chiseled" "$folder"
