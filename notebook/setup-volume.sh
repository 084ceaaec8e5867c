#!/bin/bash
# setup-volume.sh SOURCE VOLUME: at the first start copies the image's files into a user's empty volume.
# Later starts change nothing, so that what the user edited or deleted stays so; what is in the volume is never
# overwritten; and a copy that was interrupted is finished, as each file appears whole or not at all.
set -euo pipefail
umask 002

source=${1:?setup-volume.sh SOURCE VOLUME}
volume=${2:?setup-volume.sh SOURCE VOLUME}
done_mark=$volume/.setup-volume-done
staging=$volume/.setup-volume-staging

[[ ! -e $done_mark ]] || exit 0

echo "Copying $source to the volume at $volume ..."
rm -rf "$staging"
mkdir "$staging"
cp -R --no-preserve=ownership "$source/." "$staging/"
cd "$staging"
find . -mindepth 1 -type d -exec mkdir -p "$volume/{}" \;
# A rename within the volume.
find . -mindepth 1 ! -type d -exec mv --no-clobber -T {} "$volume/{}" \;
cd /
rm -rf "$staging"
touch "$done_mark"
