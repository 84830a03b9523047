# IpGan.Gateway: one address for all services. Build from the repository's root:
#   docker build -f deploy/containers/gateway.Dockerfile .
ARG DOTNET=10.0-noble

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS build
WORKDIR /src
# What restore reads comes first, so that its layer lasts until a package or a reference changes.
COPY .editorconfig Directory.Build.props Directory.Packages.props global.json ./
COPY .config/ .config/
COPY protos/IpGan.Protos.csproj protos/
COPY services/IpGan.Telemetry/IpGan.Telemetry.csproj services/IpGan.Telemetry/
COPY gateway/IpGan.Gateway/IpGan.Gateway.csproj gateway/IpGan.Gateway/
RUN dotnet tool restore && dotnet restore gateway/IpGan.Gateway
COPY protos/ protos/
COPY services/IpGan.Serving/Rpc/Callers.cs services/IpGan.Serving/Rpc/MessageBudget.cs services/IpGan.Serving/Rpc/MessageLength.cs services/IpGan.Serving/Rpc/MessageReader.cs services/IpGan.Serving/Rpc/ModelsWatch.cs services/IpGan.Serving/Rpc/OrderedStream.cs services/IpGan.Serving/Rpc/ProcessHealth.cs services/IpGan.Serving/Rpc/ReadyCheck.cs services/IpGan.Serving/Rpc/UnreadableMessages.cs services/IpGan.Serving/Rpc/
COPY services/IpGan.Telemetry/ services/IpGan.Telemetry/
COPY gateway/IpGan.Gateway/ gateway/IpGan.Gateway/
RUN dotnet publish gateway/IpGan.Gateway -c Release --no-restore -o /app
# What the program is made of, in CycloneDX's format; the base image's makers tell the rest.
RUN dotnet dotnet-CycloneDX gateway/IpGan.Gateway/IpGan.Gateway.csproj --disable-package-restore --output /app --filename sbom.json --output-format Json --set-version "$(dotnet msbuild gateway/IpGan.Gateway -getProperty:Version)"

# Without a shell, a package manager, or root.
FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET}-chiseled AS final
WORKDIR /app
COPY --from=build /app .
# The ports are in appsettings.json; the base image's own default would only make Kestrel warn.
ENV ASPNETCORE_HTTP_PORTS=""
ENV DOTNET_ROOT=/usr/share/dotnet
EXPOSE 8080 8081
USER $APP_UID
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["/app/IpGan.Gateway", "--ready"]
ENTRYPOINT ["/app/IpGan.Gateway"]
