# The command line `ipgan`, for jobs. Build from the repository's root:
#   docker build -f deploy/containers/ipgan.Dockerfile .
ARG DOTNET=10.0-noble

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS build
WORKDIR /src
# What restore reads comes first, so that its layer lasts until a package or a reference changes.
COPY .editorconfig Directory.Build.props Directory.Packages.props global.json ./
COPY .config/ .config/
COPY protos/IpGan.Protos.csproj protos/
COPY clients/Directory.Build.props clients/
COPY clients/IpGan.Client/IpGan.Client.csproj clients/IpGan.Client/
COPY clients/IpGan.FaceSearch/IpGan.FaceSearch.csproj clients/IpGan.FaceSearch/
COPY clients/IpGan.CommandLine/IpGan.CommandLine.csproj clients/IpGan.CommandLine/
RUN dotnet tool restore && dotnet restore clients/IpGan.CommandLine
COPY protos/ protos/
COPY clients/IpGan.Client/ clients/IpGan.Client/
COPY clients/IpGan.FaceSearch/ clients/IpGan.FaceSearch/
COPY clients/IpGan.CommandLine/ clients/IpGan.CommandLine/
RUN dotnet publish clients/IpGan.CommandLine -c Release --no-restore -o /app
# What the program is made of, in CycloneDX's format; the base image's makers tell the rest.
RUN dotnet dotnet-CycloneDX clients/IpGan.CommandLine/IpGan.CommandLine.csproj --disable-package-restore --output /app --filename sbom.json --output-format Json --set-version "$(dotnet msbuild clients/IpGan.CommandLine -getProperty:Version)"

# Without a shell, a package manager, or root.
FROM mcr.microsoft.com/dotnet/runtime:${DOTNET}-chiseled AS final
WORKDIR /app
COPY --from=build /app .
ENV DOTNET_ROOT=/usr/share/dotnet
USER $APP_UID
ENTRYPOINT ["/app/ipgan"]
