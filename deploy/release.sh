#!/usr/bin/env bash
# Makes what a release consists of: deploy/release.sh FOLDER [options of dotnet pack]
#   *.nupkg, *.snupkg             contracts, client library, face search, and the tool ipgan, with their symbols
#   models-ROLE-VERSION.tar.gz    the model packages, each by itself: tar -xzf ARCHIVE -C REPOSITORY publishes it
#   SHA256SUMS                    of all of them: sha256sum -c SHA256SUMS
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:?"where to? deploy/release.sh FOLDER [options of dotnet pack]"}
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)
if [ -n "$(ls -A "$out")" ]; then
  echo "$out is not empty; what lies there would be taken for a part of the release." >&2
  exit 1
fi

for project in protos clients/IpGan.Client clients/IpGan.FaceSearch clients/IpGan.CommandLine; do
  dotnet pack "$root/$project" --output "$out" "$@"
done

# One package makes the same archive wherever it is made: without times, owners, the umask and the disk's order.
cd "$root/models"
for manifest in */*/manifest.json; do
  package=${manifest%/manifest.json}
  tar --create --format=gnu --mode=u=rwX,go=rX --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner "$package" | gzip --no-name > "$out/models-${package/\//-}.tar.gz"
done

cd "$out"
sha256sum -- *.nupkg *.snupkg *.tar.gz > SHA256SUMS
