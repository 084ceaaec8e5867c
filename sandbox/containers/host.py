"""What containers see of the host, and where builds find the cache of downloads."""

BUILD_CACHE = "var/cache/build"  # where builds find the sandbox's cache of downloads
ROOT_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")  # links into /usr since "merged /usr"
HOST_ETC = (  # what programs of the host's /usr need
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "ld.so.cache",
    "localtime",
    "pki",
    "ssl",
)
