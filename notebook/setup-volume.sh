#!/bin/bash
# setup-volume.sh SOURCE VOLUME: at the first start, copy the image's files to a user's empty volume.
# Later starts copy nothing, so a file that the user deleted does not come back. No start overwrites a file in the
# volume. After an interruption the next start completes the copy: files are copied to a staging folder, then renamed.
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
# A rename within the volume, so that a file appears complete or not at all.
find . -mindepth 1 ! -type d -exec mv --no-clobber -T {} "$volume/{}" \;
cd /
rm -rf "$staging"
touch "$done_mark"
