# shellcheck shell=sh
# sh -c "$(cat setup-volume.sh)" setup-volume SOURCE VOLUME CONTRACT [FOLDER ...]: make the folders where other volumes
# are mounted. At the first start of an image of this contract, copy the image's files to a user's volume. Later starts
# copy nothing, so a file that the user deleted does not come back. No start overwrites a file in the volume. After an
# interruption the next start completes the copy: files are copied to a staging folder, then renamed.
set -eu
umask 002

source=$1
volume=$2
done_mark=$volume/.setup-volume-done${3:+-$3}
staging=$volume/.setup-volume-staging
shift 3

for folder in "$@"; do
    mkdir -p "$volume/$folder"
done
[ ! -e "$done_mark" ] || exit 0
if [ ! -r "$source" ] || [ ! -x "$source" ]; then
    echo "The image has no $source that can be read: the volume at $volume stays as it is."
    exit 0
fi

echo "Copying $source to the volume at $volume ..."
rm -rf "$staging"
mkdir "$staging"
# The image's own user may have files that nobody else may read.
cp -R --no-preserve=ownership "$source/." "$staging/" ||
    find "$source" ! -readable -print | grep . ||
    exit 1
cd "$staging"
find . -mindepth 1 -type d -exec mkdir -p "$volume/{}" \;
# A rename within the volume, so that a file appears complete or not at all.
find . -mindepth 1 ! -type d -exec mv --no-clobber -T {} "$volume/{}" \;
cd /
rm -rf "$staging"
touch "$done_mark"
