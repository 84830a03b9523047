# IpGan.PoseEncoder: photo or angles to pose vector. Build from the repository's root:
#   docker build -f deploy/containers/pose-encoder.Dockerfile .                            for the CPU
#   docker build -f deploy/containers/pose-encoder.Dockerfile --build-arg DEVICE=gpu .     for NVIDIA GPUs (driver 580 or newer)
ARG DEVICE=cpu
ARG DOTNET=10.0-noble
ARG CUDA=13.0.1

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS build
WORKDIR /src
# What restore reads comes first, so that its layer lasts until a package or a reference changes.
COPY .editorconfig Directory.Build.props Directory.Packages.props global.json ./
COPY protos/IpGan.Protos.csproj protos/
COPY services/IpGan.Imaging/IpGan.Imaging.csproj services/IpGan.Imaging/
COPY services/IpGan.Models/IpGan.Models.csproj services/IpGan.Models/
COPY services/IpGan.Serving/IpGan.Serving.csproj services/IpGan.Serving/
COPY services/IpGan.PoseEncoder/IpGan.PoseEncoder.csproj services/IpGan.PoseEncoder/
RUN dotnet restore services/IpGan.PoseEncoder -r linux-x64
COPY protos/ protos/
COPY services/IpGan.Imaging/ services/IpGan.Imaging/
COPY services/IpGan.Models/ services/IpGan.Models/
COPY services/IpGan.Serving/ services/IpGan.Serving/
COPY services/IpGan.PoseEncoder/ services/IpGan.PoseEncoder/
RUN dotnet publish services/IpGan.PoseEncoder -c Release -r linux-x64 --no-self-contained --no-restore -o /app
# 285 MB that nothing can use without a GPU; TensorRT is never used.
ARG DEVICE
RUN rm /app/libonnxruntime_providers_tensorrt.so && if [ "$DEVICE" = cpu ]; then rm /app/libonnxruntime_providers_cuda.so; fi

FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET} AS cpu

# Both images are Ubuntu 24.04, so the runtime can move from one to the other.
FROM nvidia/cuda:${CUDA}-cudnn-runtime-ubuntu24.04 AS gpu
COPY --from=cpu /usr/share/dotnet /usr/share/dotnet
RUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet
ENV APP_UID=1654 CUDA_CACHE_PATH=/tmp/cuda

FROM ${DEVICE} AS final
WORKDIR /app
COPY --from=build /app .
COPY deploy/containers/ready.sh /
# The ports are in appsettings.json; the base image's own default would only make Kestrel warn.
ENV ASPNETCORE_HTTP_PORTS=""
ENV Models__Repository=/models
EXPOSE 8080 8081
USER $APP_UID
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["/ready.sh"]
ENTRYPOINT ["dotnet", "IpGan.PoseEncoder.dll"]
