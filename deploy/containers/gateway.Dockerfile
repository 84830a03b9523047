# IpGan.Gateway: one address for all services. Build from the repository's root:
#   docker build -f deploy/containers/gateway.Dockerfile .
ARG DOTNET=10.0-noble

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS build
WORKDIR /src
# What restore reads comes first, so that its layer lasts until a package or a reference changes.
COPY .editorconfig Directory.Build.props Directory.Packages.props global.json ./
COPY protos/IpGan.Protos.csproj protos/
COPY gateway/IpGan.Gateway/IpGan.Gateway.csproj gateway/IpGan.Gateway/
RUN dotnet restore gateway/IpGan.Gateway
COPY protos/ protos/
COPY services/IpGan.Serving/Rpc/OrderedStream.cs services/IpGan.Serving/Rpc/
COPY gateway/IpGan.Gateway/ gateway/IpGan.Gateway/
RUN dotnet publish gateway/IpGan.Gateway -c Release --no-restore -o /app

FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET} AS final
WORKDIR /app
COPY --from=build /app .
COPY deploy/containers/ready.sh /
# The ports are in appsettings.json; the base image's own default would only make Kestrel warn.
ENV ASPNETCORE_HTTP_PORTS=""
EXPOSE 8080 8081
USER $APP_UID
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["/ready.sh"]
ENTRYPOINT ["dotnet", "IpGan.Gateway.dll"]
