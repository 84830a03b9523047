# The three model services, on the CPU or on NVIDIA GPUs (driver 580 or newer). Build from the repository's root:
#   docker build -f deploy/containers/service.Dockerfile --build-arg SERVICE=Generator .
#   docker build -f deploy/containers/service.Dockerfile --build-arg SERVICE=Generator --build-arg DEVICE=gpu .
# SERVICE is IdentityEncoder, PoseEncoder or Generator. Models come at run time: a volume on /models, or Models__Repository=s3://BUCKET/PREFIX (mirrored in Models__Cache, /tmp/models).
ARG DEVICE=cpu
ARG DOTNET=10.0-noble
ARG CUDA=13.0.1

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS build
WORKDIR /src
# What restore reads comes first, so that its layer lasts until a package or a reference changes.
COPY .editorconfig Directory.Build.props Directory.Packages.props global.json ./
COPY .config/ .config/
COPY protos/IpGan.Protos.csproj protos/
COPY services/IpGan.Imaging/IpGan.Imaging.csproj services/IpGan.Imaging/
COPY services/IpGan.Models/IpGan.Models.csproj services/IpGan.Models/
COPY services/IpGan.Telemetry/IpGan.Telemetry.csproj services/IpGan.Telemetry/
COPY services/IpGan.Serving/IpGan.Serving.csproj services/IpGan.Serving/
COPY services/IpGan.IdentityEncoder/IpGan.IdentityEncoder.csproj services/IpGan.IdentityEncoder/
COPY services/IpGan.PoseEncoder/IpGan.PoseEncoder.csproj services/IpGan.PoseEncoder/
COPY services/IpGan.Generator/IpGan.Generator.csproj services/IpGan.Generator/
ARG SERVICE
RUN dotnet tool restore && dotnet restore services/IpGan.${SERVICE} -r linux-x64
COPY protos/ protos/
COPY services/IpGan.Imaging/ services/IpGan.Imaging/
COPY services/IpGan.Models/ services/IpGan.Models/
COPY services/IpGan.Telemetry/ services/IpGan.Telemetry/
COPY services/IpGan.Serving/ services/IpGan.Serving/
COPY services/IpGan.${SERVICE}/ services/IpGan.${SERVICE}/
RUN dotnet publish services/IpGan.${SERVICE} -c Release -r linux-x64 --no-self-contained --no-restore -o /app
# 285 MB that nothing can use without a GPU; TensorRT is never used. The start command is the same for all three.
ARG DEVICE
RUN rm /app/libonnxruntime_providers_tensorrt.so && if [ "$DEVICE" = cpu ]; then rm /app/libonnxruntime_providers_cuda.so; fi \
    && ln -s IpGan.${SERVICE} /app/service
# What the program is made of, in CycloneDX's format; the base image's makers tell the rest.
RUN dotnet dotnet-CycloneDX services/IpGan.${SERVICE}/IpGan.${SERVICE}.csproj --disable-package-restore --output /app --filename sbom.json --output-format Json --set-version "$(dotnet msbuild services/IpGan.${SERVICE} -getProperty:Version)"

# Without a shell, a package manager, or root.
FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET}-chiseled AS cpu

# Both images are Ubuntu 24.04, so the runtime can move from one to the other.
FROM docker.io/nvidia/cuda:${CUDA}-cudnn-runtime-ubuntu24.04 AS gpu
COPY --from=cpu /usr/share/dotnet /usr/share/dotnet
ENV APP_UID=1654 CUDA_CACHE_PATH=/tmp/cuda

FROM ${DEVICE} AS final
WORKDIR /app
COPY --from=build /app .
# The ports are in appsettings.json; the base image's own default would only make Kestrel warn.
ENV ASPNETCORE_HTTP_PORTS=""
ENV DOTNET_ROOT=/usr/share/dotnet
ENV Models__Repository=/models
# Of a bucket: the only place that can be written.
ENV Models__Cache=/tmp/models
EXPOSE 8080 8081
USER $APP_UID
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["/app/service", "--ready"]
ENTRYPOINT ["/app/service"]
